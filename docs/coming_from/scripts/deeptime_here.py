"""fokker: relaxation of a double well, from its equation."""

import fokker

BARRIER = 3.0
well = fokker.Problem.from_potential(
    lambda x: BARRIER * (x**2 - 1) ** 2,
    temperature=1.0,
    domain={"x": (-2.5, 2.5)},
)
generator = fokker.discretize(well, cells=400)
print(f"timescale {fokker.spectrum(generator, k=2).timescales[1]:.4f}")
q = fokker.committor(generator, lambda x: x < -0.9, lambda x: x > 0.9)
print(f"committor {q.at(x=0.0):.4f}")
