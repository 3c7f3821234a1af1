import numpy as np, fokker

def well(barrier):
    return fokker.Problem.from_potential(lambda x: barrier * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-2, 2)})
times = fokker.sweep(well, np.linspace(2, 40, 20), lambda g: fokker.mean_first_passage(g, lambda x: x > 1).at(x=-1.0),
                     cells=2000, workers=2, progress=True)
