"""Jarzynski and Crooks: the work on a driven process knows the free energy, however fast it is driven."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.float64]
Potential = Callable[..., Array]

T = 0.5
TILTS = np.linspace(0.0, 0.8, 9)  # the double well is tilted in eight steps
WALL = 1.5
DWELL = 0.25
SHARES = (-0.5, 0.25, 0.5, 0.75, 1.5)
CELLS = (40, 80, 160, 320)
STIFFNESS, PLACES = np.linspace(1.0, 3.0, 6), np.linspace(0.0, 1.0, 6)
TRAP_DWELL, MOBILITY = 0.2, 1.3
COUNTS = (64, 128, 256)  # steps of the slow protocols
PAUSE = 1.0  # their dwell time: the whole takes as long as they have steps
UNIT = float(np.finfo(float).eps)
DRAWN = np.linspace(-0.5, 1.5, 21)
BECAUSE = "extrapolation from 160 and 320 cells, order 4: at most its change, as above; rounding 1e-11"


@dataclass(frozen=True)
class Protocol:
    """Generators at rest, one a step, with the energies of their cells."""

    generators: "tuple[fokker.Generator, ...]"
    energies: Array  # (steps + 1, cells)
    dwell: float

    @property
    def turned(self) -> "Protocol":
        """The protocol run backward."""
        return Protocol(self.generators[::-1], self.energies[::-1], self.dwell)

    def at_rest(self, k: int) -> tuple[Array, float]:
        """Return the Boltzmann law of the cells at one step, and its free energy."""
        low = float(self.energies[k].min())
        weight = np.exp(-(self.energies[k] - low) / T)
        return weight / weight.sum(), low - T * float(np.log(weight.sum()))

    def free_energy_difference(self) -> float:
        """Return the difference on the grid."""
        return self.at_rest(len(self.generators) - 1)[1] - self.at_rest(0)[1]

    def log_generating(self, share: float) -> tuple[float, float, float]:
        """Return ln <exp(-share W/T)>, the mean of W under the law so weighted, and the number of jumps taken.

        The weight of each step multiplies the law; then the law rests.
        """
        import fokker

        law, log, work, jumps = self.at_rest(0)[0], 0.0, 0.0, 0.0
        for k, costs in enumerate(np.diff(self.energies, axis=0)):
            work += float(law @ costs)
            law = law * np.exp(-share * costs / T)
            total = float(law.sum())
            log, law = log + float(np.log(total)), law / total
            path = fokker.propagate(self.generators[k + 1], law, [self.dwell], method="uniformisation")
            law, jumps = path.laws[0], jumps + float(path.info.values["work"])
        return log, work, jumps


def protocol(
    potentials: Sequence[Potential],
    domain: dict[str, tuple[float, float]],
    cells: int,
    dwell: float,
    mobility: float = 1.0,
) -> Protocol:
    """Return the generators of a sequence of potentials at the temperature T."""
    import fokker

    problems = [fokker.Problem.from_potential(u, temperature=T, mobility=mobility, domain=domain) for u in potentials]
    generators = tuple(fokker.discretize(p, cells=cells) for p in problems)
    return Protocol(generators, np.array([_energies(g, u) for g, u in zip(generators, potentials, strict=True)]), dwell)


def _energies(generator: "fokker.Generator", potential: Potential) -> Array:
    """Return the energies of the cells: -T ln P of the solver's law at rest, the potential itself in the middle one.

    They belong to the rates edge by edge, ln(k_ij/k_ji) = (E_i - E_j)/T, and lie within second order of the potential
    at the nodes, up to one constant: the weights of the cells depend on the potential.
    """
    import fokker

    energies = -T * np.asarray(fokker.stationary(generator).log_mass).ravel()
    places = np.meshgrid(*generator.nodes, indexing="ij")
    middle = int(np.ravel_multi_index(tuple(n // 2 for n in generator.shape), generator.shape))
    return np.asarray(energies - energies[middle] + potential(*(x.ravel()[middle] for x in places)))


def tilted(cells: int, tilts: Array = TILTS, dwell: float = DWELL) -> Protocol:
    """Return the double well (x^2 - 1)^2 + a x between reflecting walls, tilted in steps."""
    return protocol([_well(a) for a in tilts], {"x": (-WALL, WALL)}, cells, dwell)


def _well(a: float) -> Potential:
    return lambda x: (x**2 - 1) ** 2 + a * x


def _plane(cells: int) -> Protocol:
    """Return a well in the plane, tilted along the one axis and stiffened along the other."""

    def at(a: float) -> Potential:
        return lambda x, y: (x**2 - 1) ** 2 + a * x + (1 + a) * (y - x / 2) ** 2

    return protocol([at(a) for a in TILTS[::2]], {"x": (-WALL, WALL), "y": (-2.0, 2.0)}, cells, DWELL)


def trapped(cells: int) -> Protocol:
    """Return a harmonic trap that is moved and stiffened in five steps."""

    def at(c: float, a: float) -> Potential:
        return lambda x: c * (x - a) ** 2 / 2

    potentials = [at(c, a) for c, a in zip(STIFFNESS, PLACES, strict=True)]
    return protocol(potentials, {"x": (-5.5, 6.5)}, cells, TRAP_DWELL, MOBILITY)


def measure() -> Measurement:
    """The equalities on the grid, the free energy, the second law, a trap in closed form, and slow protocols."""
    checks = [*_equalities("double well", tilted(200)), *_equalities("plane", _plane(24))]
    trap, rates = _trap()
    slow, quasi, counts = _slow()
    data = {"curves": _curves(), "works": counts}
    return Measurement((*checks, _free_energy(), *trap, *slow), (*rates, *quasi), data)


def _equalities(name: str, forward: Protocol) -> list[Check]:
    """Crooks at several shares, and at 0 and 1, where it is Jarzynski's: exact on the grid, edge by edge."""
    difference = forward.free_energy_difference() / T
    checks = []
    for share in (1.0, 0.0, *SHARES):
        there, work, jumps = forward.log_generating(share)
        back, _, _ = forward.turned.log_generating(1 - share)
        words = {
            1.0: r"Jarzynski, $\ln \langle e^{-W/T} \rangle + \Delta F/T$",
            0.0: r"Jarzynski backward, $\ln \langle e^{-W/T} \rangle_R - \Delta F/T$",
        }
        crooks = rf"Crooks at $\lambda = {share:g}$, $\ln G_F(\lambda) - \ln G_R(1 - \lambda) + \Delta F/T$"
        because = f"rounding: 4 machine epsilons for each of {2 * jumps:.0f} jumps"
        quantity = f"{name}: {words.get(share, crooks)}"
        checks.append(Check(quantity, there - back + difference, 0.0, 8 * UNIT * jumps, because, "absolute"))
        if share == 0.0:
            shortfall = min(work - T * difference, 0.0)
            quantity = rf"{name}: mean work less $\Delta F$, where negative"
            checks.append(Check(quantity, shortfall, 0.0, 0.0, "an inequality", "absolute"))
    return checks


def _free_energy() -> Check:
    """The free energy difference out of the work, against quadrature of the two Boltzmann factors."""
    from fokker.theory import driven_work

    coarse, fine = (-T * tilted(n).log_generating(1.0)[0] for n in CELLS[-2:])
    first, last = (_well(float(a)) for a in (TILTS[0], TILTS[-1]))
    exact = driven_work.free_energy_difference(first, last, T, (-WALL, WALL))
    name = rf"double well: $\Delta F$ out of the work, {CELLS[-1]} cells, against quadrature"
    because = "declared order 2 or better: at most a third of the change from half as many cells; rounding 1e-11"
    return Check(name, fine, exact, abs(fine - coarse) / 3 + 1e-11, because, "absolute")


def _order(name: str, errors: Array) -> Rate:
    steps = tuple(1 / n for n in CELLS)
    return Rate(f"{name}, plain solver, in $1/N$", steps, tuple(np.abs(errors)), 2.0, 0.1, "declared order 2 ± 0.1")


def _trap() -> tuple[list[Check], list[Rate]]:
    """Mean work and generating function of a trap, closed in the weighted Gaussian law."""
    from fokker.theory.driven_work import Trap
    from fokker.validation.theorems import _power_law_time as at

    exact = Trap(STIFFNESS, PLACES, TRAP_DWELL, MOBILITY, T)
    found = np.array([_trap_row(n) for n in CELLS])
    names = (r"$\langle W \rangle$", r"$\langle W \rangle$ backward", r"$\ln G_F(1/2)$", r"$\ln G_F(1/4)$")
    values = (exact.mean_work(), exact.reversed().mean_work(), exact.log_generating(0.5), exact.log_generating(0.25))
    checks, rates = [], []
    for k, (name, value) in enumerate(zip(names, values, strict=True)):
        limit, bound = at.limit(found[:, k])
        checks.append(Check(f"harmonic trap: {name}", limit, value, bound + 1e-11, BECAUSE, "absolute"))
        rates.append(_order(f"harmonic trap: {name}", found[:, k] - value))
    return checks, rates


def _trap_row(cells: int) -> list[float]:
    forward = trapped(cells)
    backward = forward.turned
    works = [p.log_generating(0.0)[1] for p in (forward, backward)]
    return [*works, *(forward.log_generating(share)[0] for share in (0.5, 0.25))]


def _slow() -> tuple[list[Check], list[Rate], dict[int, tuple[float, float]]]:
    """The same tilt in more and more steps, each at rest for as long: the work wasted goes as one over the time."""
    works: dict[int, tuple[float, float]] = {}
    for count in (2, 4, 8, 16, 32, *COUNTS):
        forward = tilted(60, np.linspace(TILTS[0], TILTS[-1], count + 1), PAUSE)
        difference = forward.free_energy_difference()
        there, back = (p.log_generating(0.0)[1] for p in (forward, forward.turned))
        works[count] = (there - difference, back + difference)
    least = min(0.0, *(waste for pair in works.values() for waste in pair))
    words = "double well in 2 to 256 steps: wasted work, there or back, where negative"
    rates = [
        Rate(
            f"double well: wasted work of a slow protocol {way}, in one over its time",
            tuple(1 / n for n in COUNTS),
            tuple(works[n][k] for n in COUNTS),
            1.0,
            0.1,
            "first order; 0.1 leaves room for a second-order term of a tenth at the fastest",
        )
        for k, way in enumerate(("there", "back"))
    ]
    return [Check(words, least, 0.0, 0.0, "an inequality", "absolute")], rates, works


def _curves() -> dict[str, Any]:
    out: dict[str, Any] = {}
    for dwell in (DWELL, 8.0):
        forward = tilted(60, dwell=dwell)
        logs = [(forward.log_generating(float(s))[0], forward.turned.log_generating(float(1 - s))[0]) for s in DRAWN]
        out[f"{dwell:g}"] = np.array(logs)
    out["difference"] = tilted(60).free_energy_difference()
    return out


def figure(measurement: Measurement) -> "Figure":
    """The generating function of the work there and back, and the work wasted over the time taken."""
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(8.2, 3.8))
    left, right = drawing.subplots(1, 2)
    curves = measurement.data["curves"]
    difference = curves["difference"]
    for k, (dwell, logs) in enumerate((d, v) for d, v in curves.items() if d != "difference"):
        left.plot(DRAWN, logs[:, 0], color=f"C{k}", label=rf"$\ln G_F(\lambda)$, dwell {dwell}")
        turned = logs[::2, 1] - difference / T
        left.plot(DRAWN[::2], turned, "o", color=f"C{k}", label=r"$\ln G_R(1 - \lambda) - \Delta F/T$")
    left.plot(DRAWN, -DRAWN * difference / T, "--", color="C6", label=r"$-\lambda\, \Delta F/T$")
    left.set(xlabel=r"$\lambda$", title="work on a double well, tilted in 8 steps")
    left.legend(loc="upper left", fontsize=9)
    works = measurement.data["works"]
    for k, way in enumerate(("there", "back")):
        wasted = [pair[k] / T for pair in works.values()]
        right.loglog(list(works), wasted, "o-", color=f"C{k}", label=way)
    last = works[COUNTS[-1]][0] / T
    counts = np.array([8, 2 * COUNTS[-1]])
    right.loglog(counts, last * COUNTS[-1] / counts, ":", color="C6", label="slope -1")
    right.set(xlabel="number of steps, each at rest for 1", title="wasted work over $T$")
    right.legend(loc="lower left", fontsize=10)
    return drawing


THEOREM = Theorem(
    id="jarzynski-crooks",
    title="Jarzynski's and Crooks's equalities",
    group="Time-dependent laws",
    number=3,
    statement=r"""
        A process in a potential $U_0$ starts from equilibrium at temperature $T$; the potential is changed to $U_K$ by
        a protocol that takes any time. The work $W$ obeys
        $$\langle e^{-W/T} \rangle = e^{-\Delta F/T}, \quad G_F(\lambda) = e^{-\Delta F/T}\, G_R(1 - \lambda), \quad
        G(\lambda) = \langle e^{-\lambda W/T} \rangle,$$
        with the protocol run backward, from equilibrium in $U_K$, in $G_R$. So $\langle W \rangle \geq \Delta F$, with
        equality in the limit of a slow protocol.
        """,
    hypotheses=(
        r"Piecewise constant protocols: $U_k$ turns into $U_{k+1}$ at once, at the price $U_{k+1}(x) - U_k(x)$, and "
        r"rests. $G$ is the mass of a law that is multiplied with $e^{-\lambda (U_{k+1} - U_k)/T}$ at each step and "
        "propagated in between.",
        r"$T = 0.5$. Double well $(x^2 - 1)^2 + a x$ between reflecting walls at $\pm 1.5$, tilted from 0 to 0.8 in "
        "eight steps of dwell time 0.25; the plane adds $(1 + a)(y - x/2)^2$.",
        "The energy of a cell is that of the solver's law at rest, so that each edge obeys detailed balance: then both "
        r"equalities hold on every grid, to rounding, with the $\Delta F$ of that grid.",
        "Independent of the library: a harmonic trap moved from 0 to 1 and stiffened from 1 to 3 in five steps, whose "
        "weighted law stays Gaussian; the free energy by quadrature.",
    ),
    source="Jarzynski, Phys. Rev. Lett. 78 (1997) 2690; Crooks, Phys. Rev. E 60 (1999) 2721",
    verdict="exact",
    finding=r"Exact on the grid, for every $\lambda$, there and back, in one dimension and two. The value of "
    r"$\Delta F$, the mean work and the generating function converge with the cells; the work wasted falls as one over "
    "the time.",
    measure=measure,
    figure=figure,
    caption=r"Left: lines the protocol, dots the protocol run backward; Jarzynski's equality is where all meet the "
    r"dashed line, at $\lambda = 1$. Right: mean work less $\Delta F$ of the same tilt in more and more steps.",
    fast=False,
)
