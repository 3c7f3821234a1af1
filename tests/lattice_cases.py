"""Random processes on tensor grids in two and three dimensions, and small tools that check them."""

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st
from numpy.polynomial.legendre import leggauss

import fokker

EPS = np.finfo(float).eps
NAMES = ("x", "y", "z")
LOW, HIGH = (-1.3, 0.2, -0.7), (1.8, 2.4, 0.9)  # ends of the finite axes
REACH = 4.0  # of the infinite ones
KINDS = ("uniform", "stretched", "random", "periodic", "periodic random", "line", "half-line")


@dataclass(frozen=True)
class Side:
    """One axis: kind of cells, their number, and the walls."""

    kind: str
    cells: int
    walls: tuple

    @property
    def periodic(self):
        return self.kind in ("periodic", "periodic random")


@dataclass(frozen=True)
class Case:
    """A process: a potential with or without a force, or a drift, on a grid."""

    kind: str
    sides: tuple[Side, ...]
    amplitudes: tuple[float, ...]
    wiggle: float
    diagonal: bool = False
    alpha: float = 0.0
    barrier: float = 1.0
    reference: str | None = "auto"
    scheme: str = "edge-resistance"

    @property
    def dimension(self):
        return len(self.sides)

    @property
    def names(self):
        return NAMES[: self.dimension]

    @property
    def domain(self):
        ends = {"line": (-np.inf, np.inf), "half-line": (0.0, np.inf)}
        return {
            n: ends.get(s.kind, (lo, hi))
            for n, s, lo, hi in zip(self.names, self.sides, LOW, HIGH, strict=False)
        }  # fmt: skip

    @property
    def walls(self):
        return {n: "periodic" if s.periodic else s.walls for n, s in zip(self.names, self.sides, strict=True)}

    def phase(self, k, x):
        """Return an angle: a whole turn over a finite axis."""
        return x if self.sides[k].kind in ("line", "half-line") else 2 * np.pi * (x - LOW[k]) / (HIGH[k] - LOW[k])

    def turn(self, k):
        """Return how fast the angle changes."""
        return 1.0 if self.sides[k].kind in ("line", "half-line") else 2 * np.pi / (HIGH[k] - LOW[k])

    def potential(self, *x):
        a, total = self.amplitudes, 0.0
        angles = [self.phase(k, v) for k, v in enumerate(x)]
        for k, angle in enumerate(angles):
            after = angles[(k + 1) % len(angles)]
            total = total + np.cos(angle + k) + 0.2 * a[k] * np.cos(angle) * np.sin(after)
            if self.sides[k].kind in ("line", "half-line"):
                total = total + x[k] ** 2
        return self.barrier * total

    def drift(self, *x):
        a, angles = self.amplitudes, [self.phase(k, v) for k, v in enumerate(x)]
        parts = []
        for k, angle in enumerate(angles):
            after = angles[(k + 1) % len(angles)]
            part = a[k] * np.sin(after) + a[(k + 1) % 3] * np.cos(angle + after) + 0.3 * a[(k + 2) % 3]
            parts.append(part - 2 * x[k] if self.sides[k].kind in ("line", "half-line") else part)
        return tuple(parts)

    def noise_of(self, k, *x):
        total = sum(np.sin(self.phase(j, v) + 0.4 * j) for j, v in enumerate(x)) / len(x)
        return (1 + 0.3 * k * self.diagonal) * (1 + self.wiggle * total)

    def diffusion(self, *x):
        if not self.diagonal:
            return self.noise_of(0, *x)
        return tuple(self.noise_of(k, *x) for k in range(len(x)))

    def problem(self, **changes):
        shared = {"domain": self.domain, "boundary": self.walls} | changes
        if self.kind == "drift":
            return fokker.Problem(self.drift, diffusion=self.diffusion, convention=self.alpha, **shared)
        # the force alone, without what keeps paths from infinity
        force = {} if self.kind == "potential" else {"force": self.force}
        return fokker.Problem.from_potential(
            self.potential, temperature=1.0, mobility=self.diffusion, **force, **shared
        )  # fmt: skip

    def force(self, *x):
        a, angles = self.amplitudes, [self.phase(k, v) for k, v in enumerate(x)]
        return tuple(a[k] * np.sin(angles[(k + 1) % len(x)]) + 0.2 * a[(k + 1) % 3] for k in range(len(x)))

    def grid(self):
        return fokker.Grid(**{n: axis(s, k) for k, (n, s) in enumerate(zip(self.names, self.sides, strict=True))})

    def generator(self):
        return fokker.discretize(self.problem(), grid=self.grid(), scheme=self.scheme, reference=self.reference)

    def closed(self):
        """Return the same process with reflecting walls only."""
        return replace(self, sides=tuple(replace(s, walls=("reflecting", "reflecting")) for s in self.sides))

    def refined(self, factor):
        return replace(self, sides=tuple(replace(s, cells=factor * s.cells) for s in self.sides))


def axis(side, k):
    n = side.cells
    if side.kind == "line":
        return fokker.Axis.line(n, scale=1.0, center=0.3, reach=REACH)
    if side.kind == "half-line":
        return fokker.Axis.half_line(n, scale=0.8, start=0.0, reach=REACH)
    t = np.linspace(0, 1, n + 1)
    if side.kind == "stretched":
        t = t + 0.12 * np.sin(2 * np.pi * t)
    if "random" in side.kind:
        t = np.append(0, np.cumsum(np.random.default_rng(n).uniform(0.5, 1.5, n)))
        t /= t[-1]
    faces = LOW[k] + (HIGH[k] - LOW[k]) * t
    faces[[0, -1]] = LOW[k], HIGH[k]
    return fokker.Axis.stretched(faces)


walls = st.sampled_from(["reflecting", "absorbing", fokker.Robin(0.4), fokker.Robin(30.0)])
amplitudes = st.tuples(*[st.floats(-5, 5)] * 3)
wiggles = st.floats(-0.8, 0.8)


@st.composite
def sides(draw, low, high, kinds=KINDS, closed=False):
    kind = draw(st.sampled_from(kinds))
    pair = ("reflecting", "reflecting") if closed else (draw(walls), draw(walls))
    if kind == "line":
        pair = ("reflecting", "reflecting")
    if kind == "half-line":
        pair = (pair[0], "reflecting")
    return Side(kind, draw(st.integers(low, high)), pair)


@st.composite
def cases(
    draw,
    kinds=("potential", "force", "drift"),
    closed=False,
    dimensions=(2, 3),
    axes=KINDS,
    references=("auto", "auto", None),
):
    dimension = draw(st.sampled_from(dimensions))
    low, high = (6, 13) if dimension == 2 else (3, 6)
    return Case(
        draw(st.sampled_from(kinds)),
        tuple(draw(sides(low, high, axes, closed)) for _ in range(dimension)),
        draw(amplitudes),
        draw(wiggles),
        draw(st.booleans()),
        draw(st.sampled_from([0.0, 0.5, 1.0])),
        reference=draw(st.sampled_from(references)),
    )


@st.composite
def open_cases(draw, **options):
    """Cases in which at least one wall lets the process out."""
    case = draw(cases(**options))
    if not any(set(s.walls) - {"reflecting"} for s in case.sides if not s.periodic):
        first = replace(
            case.sides[0], kind="uniform", walls=("reflecting", draw(st.sampled_from(["absorbing", fokker.Robin(0.4)])))
        )
        case = replace(case, sides=(first, *case.sides[1:]))
    return case


def conservative(g):
    """Return the total exit rate and Q as a dense matrix, its diagonal summed from the rates."""
    q = g.rates.toarray()
    out = sum(g.exit_rates.values(), np.zeros(g.cells))
    return out, q - np.diag(q.sum(axis=1) + out)


def balls(case):
    """Return two disjoint balls that hold nodes of every grid, as predicates of the coordinates."""
    spans = [(axis(s, k).faces[0], axis(s, k).faces[-1]) for k, s in enumerate(case.sides)]

    def ball(share, size):
        def inside(*x):
            return sum(((v - lo - share * (hi - lo)) / (size * (hi - lo))) ** 2
                       for v, (lo, hi) in zip(x, spans, strict=True)) < 1  # fmt: skip

        return inside

    return ball(0.22, 0.28), ball(0.8, 0.28)


def loops(g, logs):
    """Return the sums of `logs` (one an edge) around all plaquettes, and around all periodic axes."""
    lattice, sums = g.lattice, []
    for a in range(lattice.dimension):
        for b in range(a + 1, lattice.dimension):
            along, across = lattice.edges(logs, a), lattice.edges(logs, b)
            na, nb = lattice.edge_shapes[a][a], lattice.edge_shapes[b][b]
            ahead = np.take(across, np.arange(1, na + 1) % lattice.shape[a], axis=a)
            above = np.take(along, np.arange(1, nb + 1) % lattice.shape[b], axis=b)
            here, first = np.take(across, range(na), axis=a), np.take(along, range(nb), axis=b)
            sums.append((first + ahead - above - here).ravel())
    for k, wraps in enumerate(lattice.periodic):
        if wraps:
            sums.append(lattice.edges(logs, k).sum(axis=k).ravel())
    return np.concatenate(sums)


def works(case, g, rule=12):
    """Return minus the work of f/D along each edge plus the convention's part: the rise that loops remember."""
    nodes, weights = leggauss(rule)
    t, weights = 0.5 + 0.5 * nodes, 0.5 * weights
    lattice, parts = g.lattice, []
    for k, shape in enumerate(lattice.edge_shapes):
        ax = lattice.axes[k]
        starts, lengths = ax.nodes[: shape[k]], np.roll(ax.nodes, -1)[: shape[k]] - ax.nodes[: shape[k]]
        if lattice.periodic[k]:
            lengths = lengths + np.where(lengths < 0, HIGH[k] - LOW[k], 0.0)
        places = [v[None] for v in lattice.node_positions()]
        places[k] = lattice.along(starts, k) + t.reshape([-1] + [1] * lattice.dimension) * lattice.along(lengths, k)
        if case.kind == "drift":
            slope = case.drift(*places)[k] / case.noise_of(k, *places)
        else:
            slope = case.force(*places)[k] if case.kind == "force" else 0.0 * sum(places)
        slope = np.broadcast_to(slope, (rule, *shape))
        rise = -np.tensordot(weights, slope, axes=1) * lattice.along(lengths, k)
        if case.kind == "drift" and case.alpha != 1.0:
            level = (1 - case.alpha) * np.log(
                np.broadcast_to(case.noise_of(k, *lattice.node_positions()), lattice.shape)
            )
            step = np.roll(level, -1, axis=k) - level
            rise = rise + step[(slice(None),) * k + (slice(0, shape[k]),)]
        parts.append(rise.ravel())
    return np.concatenate(parts)


def flows(g, density):
    """Return both flows of each edge in the stationary state."""
    mass = density.mass.ravel()
    return g.forward * mass[g.tail], g.backward * mass[g.head]


def order(errors, counts):
    """Return the order of convergence by a straight line through the logarithms."""
    return -np.polyfit(np.log(counts), np.log(np.abs(errors)), 1)[0]
