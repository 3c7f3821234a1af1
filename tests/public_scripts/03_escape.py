import numpy as np, fokker

problem = fokker.Problem(
    drift=lambda x: x - x**3,
    diffusion=lambda x: 0.05 * (1 + 0.5 * x**2),   # D(x), D = sigma sigma^T / 2
    convention="stratonovich",
    domain={"x": (-2, 2)},
)
generator = fokker.discretize(problem, cells=800)
escape = fokker.mean_first_passage(generator, target=lambda x: x > 0.9)
print(escape.at(x=-1.0), escape.log_at(x=-1.0))    # the logarithm serves barriers beyond 700 kT
path = fokker.propagate(generator, initial={"x": -1.0}, times=np.linspace(0, 5, 51), progress=True)
modes = fokker.spectrum(generator, k=6)
q = fokker.committor(generator, source=lambda x: x < -0.9, target=lambda x: x > 0.9)
