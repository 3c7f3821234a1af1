"""fokker: a leaky decision between two bounds."""

import fokker

decision = fokker.Problem(
    drift=lambda x: 0.8 - 1.5 * x,
    noise=1.0,
    domain={"x": (-1.0, 1.0)},
    boundary="absorbing",
)
generator = fokker.discretize(decision, cells=201)
right = fokker.splitting(generator)["x right"].at(x=0.0)
law = fokker.exit_time(generator, None, {"x": 0.0})
print(f"right {right:.6f}")
print(f"mean {law.mean():.6f}")
