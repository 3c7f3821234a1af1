"""FiPy: the stationary law of a particle whose noise grows with the distance (Ito)."""

import fipy

mesh = fipy.Grid1D(nx=400, Lx=12.0) - 6.0
x = mesh.x
faces = mesh.faceCenters[0]

density = fipy.CellVariable(mesh=mesh, value=1 / 12)
diffusion = 0.5 * (1 + faces**2)  # sigma^2 / 2
slope = faces  # its derivative: Ito's (D p)'' is (D p')' + (D' p)'
drift = -faces
equation = fipy.TransientTerm() == (
    fipy.DiffusionTerm(coeff=diffusion) - fipy.ExponentialConvectionTerm(coeff=(drift - slope)[None])
)
for _ in range(20):
    equation.solve(var=density, dt=100.0)

mass = density.value * mesh.cellVolumes
print(f"total {mass.sum():.6f}")
print(f"variance {(mass * x.value**2).sum():.6f}")
print(f"centre {density.value[abs(x.value) < 0.03].mean():.6f}")
