"""PyDDM: a leaky decision between two bounds."""

import pyddm

model = pyddm.gddm(
    drift=lambda x: 0.8 - 1.5 * x,
    noise=1.0,
    bound=1.0,
    nondecision=0.0,
    mixture_coef=0.0,  # no uniform mixture, which the model has by default
    T_dur=20.0,
    dx=0.002,
    dt=0.002,
)
solution = model.solve()
print(f"right {solution.prob('correct'):.6f}")
print(f"mean {solution.mean_rt():.6f}")
