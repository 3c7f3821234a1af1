"""The table of features of index.md: every cell is a check that runs, or the address of a page that says so.

``python features.py`` runs the checks of the libraries that are installed and prints the table; ``--write`` puts it
into index.md. "by hand" means: no name for it in the package, but its equations or matrices allow it.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

PEERS = {
    "fokker": "fokker",
    "FiPy": "fipy",
    "py-pde": "pde",
    "fplanck": "fplanck",
    "PyDDM": "pyddm",
    "deeptime": "deeptime",
}
VERSIONS = {"FiPy": "4.0.3", "py-pde": "0.59", "fplanck": "0.2.2", "PyDDM": "0.9", "deeptime": "0.4.5"}
PAGE = Path(__file__).with_name("index.md")
START, END = "<!-- table: written by features.py -->", "<!-- end of table -->"

FIPY_USAGE = "https://github.com/usnistgov/fipy/blob/master/docs/source/USAGE.rst"
FIPY_FAQ = "https://github.com/usnistgov/fipy/blob/master/docs/source/FAQ.rst"
PYPDE = "https://github.com/zwicker-group/py-pde/blob/0.32.2/docs/source/manual/basic_usage.rst"
FPLANCK = "https://pypi.org/project/fplanck/"
PYDDM = "https://github.com/mwshinn/PyDDM"
DEEPTIME = "https://github.com/deeptime-ml/deeptime"

Check = Callable[[], bool] | str
Cell = tuple[str, Check]


def load(name: str) -> Any:
    """Import a module of a peer."""
    vars(np).setdefault("product", np.prod)  # fplanck 0.2.2 was written for NumPy 1
    return importlib.import_module(name)


def has(path: str) -> Check:
    """Check that a dotted name exists, such as "fokker:Problem.boundaries"."""

    def check() -> bool:
        module, _, names = path.partition(":")
        found = load(module)
        for name in names.split("."):
            found = getattr(found, name, None)
        return found is not None

    return check


def lacks(package: str, *words: str) -> Check:
    """Check that none of the words (regular expressions) is in a definition in the package."""

    def check() -> bool:
        spec = importlib.util.find_spec(package)
        root = Path(spec.origin).parent  # type: ignore[union-attr, arg-type]
        pattern = re.compile(r"^\s*(?:def|class) \w*(?:" + "|".join(words) + ")", re.M | re.I)
        files = (p for p in root.rglob("*.py") if "tests" not in p.parts)
        return not any(pattern.search(p.read_text(errors="replace")) for p in files)

    return check


def raises(action: Callable[[], Any]) -> Check:
    """Check that something is refused or gives no finite number."""

    def check() -> bool:
        try:
            return not np.isfinite(np.asarray(action(), dtype=float)).all()
        except Exception:  # whatever the peer raises
            return True

    return check


# --- behaviours ------------------------------------------------------------------------------------------------------


def fokker_problem(**changes: Any) -> Any:
    """Return a generator of fokker in one dimension."""
    fokker = load("fokker")
    settings = {"drift": lambda x: -x, "diffusion": 1.0, "domain": {"x": (-3, 3)}} | changes
    return fokker.discretize(fokker.Problem(**settings), cells=40)


def fokker_asks_for_the_convention() -> bool:
    """Whether noise that depends on the state is refused without a convention."""
    fokker = load("fokker")
    try:
        fokker_problem(diffusion=lambda x: 1 + x**2)
    except fokker.FokkerError as error:
        return "convention" in str(error)
    return False


def fokker_four_dimensions() -> Any:
    """Pose a problem in four dimensions."""
    fokker = load("fokker")
    return fokker.Problem(lambda *x: x, diffusion=1.0, domain=dict.fromkeys("abcd", (0, 1)))


def fokker_density_in_the_drift() -> Any:
    """Pose an equation whose drift depends on the density."""
    return load("fokker").stationary(fokker_problem(drift=lambda x, density: -density)).values


def fokker_tensor() -> bool:
    """Whether D may have off-diagonal entries."""
    fokker = load("fokker")
    problem = fokker.Problem(
        lambda x, y: (-x, -y), diffusion=((2.0, 1.0), (1.0, 2.0)), domain={"x": (-3, 3), "y": (-3, 3)}
    )
    return bool(np.isfinite(fokker.stationary(fokker.discretize(problem, cells=12)).values).all())


def fokker_moving() -> bool:
    """Whether the ends of the domain may move."""
    fokker = load("fokker")
    ends = (lambda t: -1 + 0.1 * t, lambda t: 1 - 0.1 * t)
    problem = fokker.Problem(lambda x, t: 0 * x, diffusion=1.0, domain={"x": ends}, boundary="absorbing", time=True)
    return bool(fokker.discretize(problem, cells=20).moves)


def fokker_infinite() -> bool:
    """Whether the whole line is a domain."""
    return bool(abs(load("fokker").stationary(fokker_problem(domain={"x": (-np.inf, np.inf)})).variance() - 1) < 1e-6)


def fipy_flat() -> bool:
    """Whether DiffusionTerm is div(D grad): the law without drift is flat, whatever D."""
    fipy = load("fipy")
    mesh = fipy.Grid1D(nx=20, Lx=2.0)
    law = fipy.CellVariable(mesh=mesh, value=np.linspace(0, 2, 20))
    (fipy.TransientTerm() == fipy.DiffusionTerm(coeff=1 + mesh.faceCenters[0])).solve(var=law, dt=1e6)
    return float(np.ptp(law.value)) < 1e-5


def fipy_absorbs() -> bool:
    """Whether a value can be held at a wall."""
    fipy = load("fipy")
    mesh = fipy.Grid1D(nx=20, Lx=2.0)
    law = fipy.CellVariable(mesh=mesh, value=0.5)
    law.constrain(0.0, mesh.facesLeft)
    (fipy.TransientTerm() == fipy.DiffusionTerm(coeff=1.0)).solve(var=law, dt=1e6)
    return float(np.max(law.value)) < 1e-4


def fipy_total(barrier: float) -> float:
    """Return the total after five very long steps in a tilted double well; it is one."""
    fipy = load("fipy")
    mesh = fipy.Grid1D(nx=200, Lx=4.0) - 2.0
    x = mesh.faceCenters[0]
    law = fipy.CellVariable(mesh=mesh, value=0.25)
    drift = (-4 * barrier * x * (x**2 - 1) - 0.5)[None]
    equation = fipy.TransientTerm() == fipy.DiffusionTerm(coeff=1.0) - fipy.ExponentialConvectionTerm(coeff=drift)
    for _ in range(5):
        equation.solve(var=law, dt=1e4 * np.exp(barrier))
    return float(law.value.sum() * mesh.dx)


def pde_rate(expression: str, bc: Any) -> Any:
    """Return the rate of change of a field of two coordinates."""
    pde = load("pde")
    grid = pde.CartesianGrid([(0, 1), (0, 1)], 8)
    equation = pde.PDE({"c": expression}, bc=bc)
    return equation.evolution_rate(pde.ScalarField(grid, 1.0)).data


def pde_absorbs() -> bool:
    """Whether a value can be held at a wall."""
    pde = load("pde")
    return bool(pde.ScalarField(pde.CartesianGrid([(0, 1)], 8), 1.0).laplace({"value": 0}).data[0] < 0)


def pde_keeps_the_first_walls() -> bool:
    """Whether a second PDE with the same expression gets the walls of the first (as of 0.59)."""
    first, second = (pde_rate("laplace(c)", bc) for bc in ({"value": 0}, {"derivative": 0}))
    return bool(np.array_equal(first, second))  # a constant: zero between reflecting walls, negative otherwise


def fplanck_bath(extent: Any = 4.0, drag: Any = 1.0, **more: Any) -> Any:
    """Return a process of fplanck at kT = 1."""
    return load("fplanck").fokker_planck(
        temperature=1 / 1.380649e-23, drag=drag, extent=extent, resolution=0.1 if np.isscalar(extent) else 0.25, **more
    )


def fplanck_law_follows_the_drag() -> bool:
    """Whether the law in a flat potential is proportional to the drag, as with Ito's reading."""
    bath = fplanck_bath(drag=lambda x: 1 + x**2, potential=lambda x: 0 * x)
    shape = 1 + bath.axes[0] ** 2
    return bool(np.allclose(bath.steady_state(), shape / shape.sum(), rtol=1e-6))


def fplanck_doubles_diffusion() -> bool:
    """Whether a force of zero beside a potential makes a particle diffuse twice as fast."""
    alone, beside = (
        fplanck_bath(potential=lambda x: 0 * x),
        fplanck_bath(potential=lambda x: 0 * x, force=lambda x: 0 * x),
    )
    return bool(np.allclose(beside.Rt[0], 2 * alone.Rt[0]))


def fplanck_left_of_the_barrier(barrier: float) -> float:
    """Return probability on the left over that on the right, in a tilted double well; Boltzmann says 2.7."""
    bath = fplanck_bath(potential=lambda x: barrier * (x**2 - 1) ** 2 + 0.5 * x)
    law = bath.steady_state()
    return float(law[bath.axes[0] < 0].sum() / law[bath.axes[0] > 0].sum())


def fokker_left_of_the_barrier(barrier: float) -> float:
    """Return the same by fokker."""
    fokker = load("fokker")
    problem = fokker.Problem.from_potential(
        lambda x: barrier * (x**2 - 1) ** 2 + 0.5 * x, temperature=1.0, domain={"x": (-2, 2)}
    )
    law = fokker.stationary(fokker.discretize(problem, cells=200))
    return float(law.probability(lambda x: x < 0) / law.probability(lambda x: x > 0))


def fplanck_walls() -> bool:
    """Whether walls are reflecting or periodic and nothing else."""
    return {wall.name for wall in load("fplanck").boundary} == {"reflecting", "periodic"}


def pyddm_model(**changes: Any) -> Any:
    """Return a decision model without its default mixture."""
    settings = {"drift": 0.5, "noise": 1.0, "bound": 1.0, "nondecision": 0.0, "mixture_coef": 0.0, "T_dur": 5.0}
    return load("pyddm").gddm(**settings | {"dx": 0.01, "dt": 0.01} | changes)


def pyddm_reading() -> bool:
    """Whether noise 1 + x/2 without drift gives 0.74: by Ito it is 0.5, isothermal 0.75."""
    share = pyddm_model(drift=0.0, noise=lambda x: 1 + 0.5 * x, T_dur=20.0).solve().prob("correct")
    return bool(abs(share - 0.745) < 0.005)


def pyddm_moving() -> bool:
    """Whether bounds may come together."""
    collapsing = pyddm_model(bound=lambda t: 1 - 0.1 * t).solve().prob_undecided()
    return bool(collapsing < pyddm_model().solve().prob_undecided())


def deeptime_model() -> Any:
    """Return a Markov model of three states."""
    return load("deeptime.markov.msm").MarkovStateModel([[0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.0, 0.2, 0.8]])


def pyddm_mixes() -> bool:
    """Whether the default model mixes two hundredths of a uniform law into the answers."""
    settings = {"drift": 0.5, "noise": 1.0, "bound": 1.0, "T_dur": 5.0, "dx": 0.01, "dt": 0.01}
    plain = load("pyddm").gddm(**settings | {"mixture_coef": 0.02}).solve().pdf("correct")
    return bool(np.array_equal(load("pyddm").gddm(**settings).solve().pdf("correct"), plain))


# what the pages say of single libraries
CLAIMS: dict[str, tuple[str, Check]] = {
    "a zero force doubles the diffusion": ("fplanck", fplanck_doubles_diffusion),
    "two wells 60 kT apart are lost": ("fplanck", lambda: abs(fplanck_left_of_the_barrier(60.0) / 2.71 - 1) > 0.1),
    "and found here": ("fokker", lambda: abs(fokker_left_of_the_barrier(60.0) / np.exp(1.0) - 1) < 0.01),
    "long steps with low barriers": ("FiPy", lambda: abs(fipy_total(5.0) - 1) < 1e-5),
    "and with high ones": ("FiPy", lambda: abs(fipy_total(20.0) - 1) > 0.1),
    "the same expression keeps its walls": ("py-pde", pde_keeps_the_first_walls),
    "a mixture by default": ("PyDDM", pyddm_mixes),
}

YES, HAND, NO = "yes", "by hand", "no"

# row: one cell a library, in the order of PEERS
TABLE: dict[str, tuple[Cell, ...]] = {
    "made for": (
        ("Fokker-Planck", has("fokker:stationary")),
        ("PDEs, finite volumes", FIPY_USAGE),
        ("PDEs, finite differences", PYPDE),
        ("Smoluchowski", FPLANCK),
        ("decisions", PYDDM),
        ("time series", DEEPTIME),
    ),
    "dimensions": (
        ("1 to 3", raises(fokker_four_dimensions)),
        ("1 to 3", has("fipy:Grid3D")),
        ("1 to 3", PYPDE),
        ("any", lambda: fplanck_bath(extent=[1, 1, 1, 1], potential=lambda *x: 0 * x[0]).steady_state().ndim == 4),
        ("1", lambda: pyddm_model().x_domain(conditions={}).ndim == 1),
        ("any (data)", DEEPTIME),
    ),
    "grids": (
        ("tensor, and FiPy's", has("fokker:from_fipy")),
        (
            "tensor, Gmsh, cylinder, sphere",
            lambda: all(hasattr(load("fipy"), n) for n in ("Gmsh3D", "SphericalGrid1D")),
        ),
        (
            "even; cylinder, sphere",
            lambda: all(hasattr(load("pde"), n) for n in ("CylindricalSymGrid", "SphericalSymGrid")),
        ),
        ("even", lambda: bool(np.allclose(np.diff(fplanck_bath().axes[0]), 0.1))),
        ("even", lambda: bool(np.ptp(np.diff(pyddm_model().x_domain(conditions={}))) < 1e-9)),
        ("clusters of data", has("deeptime.clustering:KMeans")),
    ),
    "infinite axes": (
        (YES, fokker_infinite),
        (NO, raises(lambda: load("fipy").Grid1D(nx=9, Lx=np.inf).cellCenters.value)),
        (NO, raises(lambda: load("pde").CartesianGrid([(-np.inf, np.inf)], 9).cell_coords)),
        (NO, raises(lambda: fplanck_bath(extent=np.inf).axes)),
        (NO, raises(lambda: pyddm_model(bound=np.inf).solve().prob("correct"))),
        ("-", DEEPTIME),
    ),
    "noise that depends on the state": (
        ("three readings, must be named", fokker_asks_for_the_convention),
        ("as you write it; `DiffusionTerm` is isothermal", fipy_flat),
        ("as you write it", lambda: pde_rate("laplace((1 + x) * c)", {"derivative": 0}).shape == (8, 8)),
        ("drag, read by Ito", fplanck_law_follows_the_drag),
        ("yes, near isothermal", pyddm_reading),
        ("-", DEEPTIME),
    ),
    "full diffusion tensor": (
        (YES, fokker_tensor),
        (YES, FIPY_FAQ),
        (HAND, lambda: pde_rate("d_dx(d_dy(c))", {"derivative": 0}).shape == (8, 8)),
        (NO, raises(lambda: fplanck_bath(extent=[1.0, 1.0], drag=[[2.0, 1.0], [1.0, 2.0]]).axes)),
        (NO, lambda: pyddm_model().x_domain(conditions={}).ndim == 1),
        ("-", DEEPTIME),
    ),
    "nonlinear equations, several fields": (
        (NO, raises(fokker_density_in_the_drift)),
        (YES, FIPY_FAQ),
        (YES, has("pde:CahnHilliardPDE")),
        (NO, lacks("fplanck", "nonlinear", "coupled")),
        (NO, lacks("pyddm", "nonlinear", "coupled")),
        ("-", DEEPTIME),
    ),
    "absorbing walls": (
        (YES, lambda: bool(fokker_problem(boundary="absorbing").exit_rates)),
        (YES, fipy_absorbs),
        (YES, pde_absorbs),
        (NO, fplanck_walls),
        (YES, lambda: pyddm_model().solve().prob("correct") > 0.5),
        ("sets of states", lambda: deeptime_model().mfpt([0], [2]) > 0),
    ),
    "moving walls": (
        (YES, fokker_moving),
        (HAND, lacks("fipy", "moving")),
        (HAND, lacks("pde", "moving")),
        (NO, lacks("fplanck", "moving")),
        (YES, pyddm_moving),
        ("-", DEEPTIME),
    ),
    "law at later times": (
        (YES, has("fokker:propagate")),
        (YES, has("fipy:TransientTerm")),
        (YES, has("pde:PDE.solve")),
        (YES, has("fplanck:fokker_planck.propagate")),
        (YES, lambda: pyddm_model().solve(return_evolution=True).pdf_evolution().ndim == 2),
        (YES, has("deeptime.markov.msm:MarkovStateModel.propagate")),
    ),
    "stationary law": (
        (YES, has("fokker:stationary")),
        (HAND, lacks("fipy", "steady_?state", "stationary")),
        (HAND, lacks("pde", "steady_state", "stationary")),
        (YES, has("fplanck:fokker_planck.steady_state")),
        (NO, lacks("pyddm", "steady_?state", "stationary")),
        (YES, has("deeptime.markov.msm:MarkovStateModel.stationary_distribution")),
    ),
    "probability current": (
        (YES, has("fokker:Density.current")),
        (HAND, has("fipy:CellVariable.faceGrad")),
        (HAND, has("pde:ScalarField.gradient")),
        (YES, has("fplanck:fokker_planck.probability_current")),
        (NO, lacks("pyddm", "current")),
        ("reactive flux", has("deeptime.markov.msm:MarkovStateModel.reactive_flux")),
    ),
    "entropy production": (
        (YES, has("fokker:entropy_production")),
        *((NO, lacks(package, "entropy_production")) for package in list(PEERS.values())[1:]),
    ),
    "mean first-passage time": (
        (YES, has("fokker:mean_first_passage")),
        (HAND, lacks("fipy", "first_passage", "mfpt")),
        (HAND, lacks("pde", "first_passage", "mfpt")),
        (HAND, lambda: fplanck_bath().master_matrix.shape == (40, 40)),
        (YES, has("pyddm:Solution.mean_decision_time")),
        (YES, has("deeptime.markov.msm:MarkovStateModel.mfpt")),
    ),
    "law of the exit time": (
        (YES, has("fokker:exit_time")),
        (HAND, lacks("fipy", "exit_time", "first_passage")),
        (HAND, lacks("pde", "exit_time", "first_passage")),
        (HAND, lambda: fplanck_bath().master_matrix.shape == (40, 40)),
        (YES, has("pyddm:Solution.pdf")),
        (NO, lacks("deeptime", "exit_time", "first_passage_distribution", "fpt_distribution")),
    ),
    "committor": (
        (YES, has("fokker:committor")),
        (HAND, lacks("fipy", "committor")),
        (HAND, lacks("pde", "committor")),
        (HAND, lambda: fplanck_bath().master_matrix.shape == (40, 40)),
        (NO, lacks("pyddm", "committor")),
        (YES, has("deeptime.markov.msm:MarkovStateModel.committor_forward")),
    ),
    "relaxation spectrum": (
        (YES, has("fokker:spectrum")),
        (HAND, lacks("fipy", "spectrum", "eigenval")),
        (HAND, lacks("pde", "eigenval")),
        (HAND, lambda: fplanck_bath().master_matrix.shape == (40, 40)),
        (NO, lacks("pyddm", "spectrum", "eigenval")),
        (YES, has("deeptime.markov.msm:MarkovStateModel.timescales")),
    ),
    "fit to data": (
        ("gradient noise", has("fokker:sgd.NoiseModel.from_gradients")),
        (NO, lacks("fipy", r"fit\b", "fit_")),
        (NO, lacks("pde", r"fit\b", "fit_model")),
        (NO, lacks("fplanck", "fit")),
        (YES, has("pyddm:Model.fit")),
        (YES, has("deeptime.markov.msm:MaximumLikelihoodMSM.fit")),
    ),
    "simulated paths": (
        (YES, has("fokker:sgd.simulate_sde")),
        ("noisy fields", has("fipy:GaussianNoiseVariable")),
        ("noisy fields", lambda: bool(load("pde").DiffusionPDE(noise=1.0).is_sde)),
        (NO, lacks("fplanck", "simulat", "traject")),
        (YES, has("pyddm:Model.simulate_trial")),
        (YES, has("deeptime.data:custom_sde")),
    ),
}


def installed(library: str) -> bool:
    """Whether a library can be imported."""
    return importlib.util.find_spec(PEERS[library]) is not None


def failures() -> Iterator[str]:
    """Run the checks of everything installed, and name those that fail."""
    cells = [(row, library, *cell) for row, cells in TABLE.items() for library, cell in zip(PEERS, cells, strict=True)]
    cells += [(claim, library, "", check) for claim, (library, check) in CLAIMS.items()]
    for row, library, text, check in cells:
        if isinstance(check, str) or not installed(library):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the peers: old names of NumPy, mostly
            if not check():
                yield f"{row}, {library}: {text}"


def table() -> str:
    """Return the table in Markdown; cells that rest on a page link to it."""
    titles = [library if library == "fokker" else f"{library} {VERSIONS[library]}" for library in PEERS]
    lines = ["| | " + " | ".join(titles) + " |", "|---" * (len(PEERS) + 1) + "|"]
    for row, cells in TABLE.items():
        shown = (f"[{text}]({check})" if isinstance(check, str) and text != "-" else text for text, check in cells)
        lines.append(f"| {row} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def page_with_table(page: str) -> str:
    """Return the text of index.md with the table put in its place."""
    before, rest = page.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n\n{table()}\n\n{END}{after}"


def main() -> int:
    """Run the checks, print the table, and tell what failed."""
    if "--write" in sys.argv:
        PAGE.write_text(page_with_table(PAGE.read_text()))
    print(table())
    wrong = list(failures())
    missing = [library for library in PEERS if not installed(library)]
    print(f"\nnot installed, so not checked: {', '.join(missing) or 'none'}\nwrong: {'; '.join(wrong) or 'none'}")
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
