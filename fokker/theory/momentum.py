"""SGD with momentum on linear regression: a Gaussian process in phase space, one Hessian direction at a time.

    v' = beta v - [(h + lambda) theta + xi],   theta' = theta + eta v',   Var xi = sigma^2 h/S,

theta measured from the minimum of the penalised loss, time = eta * steps. The continuous model is

    d theta = v dt,   dv = -omega^2 theta dt - Gamma v dt + sqrt(2 D_v) dW,

m = eta (1+beta)/2, omega^2 = (h + lambda)/m, Gamma = (1-beta)/m, D_v = 2 sigma^2 h/(S eta (1+beta)^2): noise in v only.
Its stationary law is Gaussian, theta and v independent, with Var v = sigma^2 h/(S (1-beta^2)) and Var theta = eta
sigma^2 h/(2 S (1-beta)(h+lambda)); without weight decay theta is isotropic, whatever the Hessian. The iteration itself
has both variances larger by 1/(1 - eta (h+lambda)/(2 (1+beta))) and a covariance eta Var v/2.

References
----------
Kunin, Sagastuy-Brena, Gillespie, Margalit, Tanaka, Ganguli, Yamins, Limiting dynamics of SGD: modified loss, phase
space oscillations, and anomalous diffusion, arXiv 2107.09133; the variances of the iteration derived here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fokker.theory._check import Array, not_negative, positive, real, refuse, scalar


@dataclass(frozen=True)
class Momentum:
    """One direction of SGD with momentum on linear regression.

    Parameters
    ----------
    curvature
        h > 0, an eigenvalue of the Hessian.
    learning_rate
        eta > 0.
    momentum
        beta in [0, 1).
    noise
        sigma^2 > 0, the covariance of a sample's gradient being sigma^2 times the Hessian.
    batch
        S >= 1.
    decay
        lambda >= 0, the weight decay.

    Raises
    ------
    FokkerError
        A parameter is out of range, or eta (h + lambda) >= 2 (1 + beta), where the iteration diverges.

    Examples
    --------
    >>> model = Momentum(1.5, 0.1, 0.9, noise=0.4, batch=8, decay=0.01)
    >>> round(model.variance_theta, 15), round(model.variance_v, 14)
    (0.024834437086093, 0.39473684210526)
    """

    curvature: float
    learning_rate: float
    momentum: float
    noise: float
    batch: float = 1.0
    decay: float = 0.0

    def __post_init__(self) -> None:
        for name, meaning in (
            ("curvature", "an eigenvalue of the Hessian"),
            ("learning_rate", "the size of a step"),
            ("noise", "a variance"),
            ("batch", "a number of samples"),
        ):
            object.__setattr__(self, name, scalar(positive(name, getattr(self, name), meaning), name))
        for name, meaning in (("momentum", "the share of a step that is kept"), ("decay", "the weight decay")):
            object.__setattr__(self, name, scalar(not_negative(name, getattr(self, name), meaning), name))
        if self.momentum < 1 and self.learning_rate * self.stiffness < 2 * (1 + self.momentum):
            return
        refuse(
            "The iteration diverges.",
            given=f"momentum={self.momentum:g}, eta (h + lambda) = {self.learning_rate * self.stiffness:.6g}",
            accepted=f"momentum < 1 and eta (h + lambda) < 2 (1 + momentum) = {2 * (1 + self.momentum):.6g}",
            hint="a smaller learning rate",
        )

    @property
    def stiffness(self) -> float:
        """Return h + lambda."""
        return self.curvature + self.decay

    @property
    def mass(self) -> float:
        """Return m = eta (1 + beta)/2 [time]."""
        return self.learning_rate * (1 + self.momentum) / 2

    @property
    def friction(self) -> float:
        """Return Gamma = (1 - beta)/m [1/time]."""
        return (1 - self.momentum) / self.mass

    @property
    def omega_squared(self) -> float:
        """Return (h + lambda)/m [1/time^2]."""
        return self.stiffness / self.mass

    @property
    def diffusion(self) -> float:
        """Return D_v = 2 sigma^2 h/(S eta (1+beta)^2) [v^2/time]."""
        return self.kick / (2 * self.mass**2) * self.learning_rate

    @property
    def kick(self) -> float:
        """Return sigma^2 h/S, the variance of the gradient noise of a step."""
        return self.noise * self.curvature / self.batch

    @property
    def variance_v(self) -> float:
        """Return sigma^2 h/(S (1 - beta^2)) of the continuous model."""
        return self.kick / (1 - self.momentum**2)

    @property
    def variance_theta(self) -> float:
        """Return eta sigma^2 h/(2 S (1-beta)(h+lambda)) of the continuous model."""
        return self.learning_rate * self.kick / (2 * (1 - self.momentum) * self.stiffness)

    @property
    def inflation(self) -> float:
        """Return r = 1/(1 - eta (h+lambda)/(2 (1+beta))), both variances of the iteration over the model's.

        >>> round(Momentum(1.5, 0.1, 0.9, noise=0.4, batch=8, decay=0.01).inflation, 11)
        1.04138120033
        """
        return 1 / (1 - self.learning_rate * self.stiffness / (2 * (1 + self.momentum)))

    def rate(self) -> Array:
        """Return A in d(theta, v) = -A (theta, v) dt + noise."""
        return np.array([[0.0, -1.0], [self.omega_squared, self.friction]])

    def covariance(self) -> Array:
        """Return the stationary covariance of (theta, v), diagonal."""
        return np.diag([self.variance_theta, self.variance_v])

    def step_matrix(self) -> Array:
        """Return the matrix of one iteration of (theta, v)."""
        eta, beta, k = self.learning_rate, self.momentum, self.stiffness
        return np.array([[1 - eta * k, eta * beta], [-k, beta]])

    def iteration_covariance(self) -> Array:
        """Return the stationary covariance of the iteration itself, after each step.

        >>> Momentum(1.5, 0.1, 0.9, noise=0.4, batch=8, decay=0.01).iteration_covariance()[0, 0].round(15).item()
        0.025862115902207
        """
        r, cross = self.inflation, self.learning_rate * self.variance_v * self.inflation / 2
        return np.array([[self.variance_theta * r, cross], [cross, self.variance_v * r]])

    @property
    def underdamped(self) -> bool:
        """Whether the model oscillates: (1-beta)^2 < 2 eta (1+beta)(h+lambda)."""
        return self.omega_squared > self.friction**2 / 4

    @property
    def frequency(self) -> float:
        """Return Omega = sqrt(omega^2 - Gamma^2/4) [1/time]; only where the model oscillates."""
        if self.underdamped:
            return float(np.sqrt(self.omega_squared - self.friction**2 / 4))
        refuse(
            "The model does not oscillate: it is overdamped.",
            given=f"omega^2 = {self.omega_squared:.6g}, Gamma^2/4 = {self.friction**2 / 4:.6g}",
            accepted="omega^2 > Gamma^2/4",
            hint="more momentum",
        )

    def propagator(self, time: float) -> Array:
        """Return E(t) = exp(-A t), in closed form, damped or not.

        >>> model = Momentum(1.5, 0.1, 0.9, noise=0.4, batch=8, decay=0.01)
        >>> (model.propagator(0.5) @ [1.0, 0.0]).round(12).tolist()
        [-0.208892343392, -2.841117104618]
        """
        t = scalar(not_negative("time", time, "a duration"), "time")
        half, turn = self.friction / 2, np.emath.sqrt(self.omega_squared - self.friction**2 / 4)
        cos, sin = np.cos(turn * t), (np.sin(turn * t) / turn if turn != 0 else t)
        table = [[cos + half * sin, sin], [-self.omega_squared * sin, cos - half * sin]]
        return np.asarray(np.exp(-half * t) * np.real(np.array(table)), dtype=float)

    def covariance_from_point(self, time: float) -> Array:
        """Return the covariance of (theta, v) a time after a sure start, S - E S E^T."""
        e, s = self.propagator(time), self.covariance()
        return np.asarray(s - e @ s @ e.T)

    def displacement(self, time: float) -> float:
        """Return the stationary mean square of theta(t) - theta(0), 2 Var theta (1 - E_11).

        >>> round(Momentum(1.5, 0.1, 0.9, noise=0.4, batch=8, decay=0.01).displacement(0.5), 13)
        0.0600443216916
        """
        return float(2 * self.variance_theta * (1 - self.propagator(time)[0, 0]))

    def current_matrix(self) -> Array:
        """Return W in the stationary current J = W (theta, v) p: it turns, J = (v, -omega^2 theta) p.

        The current is even in time with v odd: no entropy is produced.
        """
        return np.array([[0.0, 1.0], [-self.omega_squared, 0.0]])


def spectral_displacement(time: float, exponent: float) -> float:
    """Return int_0^1 h^(-s) (1 - e^(-h t)) dh, a displacement summed over a spectrum; it grows like t^(s-1).

    Overdamped motion. The density of Hessian eigenvalues is h^(-s) on (0, 1), 1 < s < 2; there is no weight decay, so
    that all directions have one variance, and they relax at the rate h in the units of t. By parts, an incomplete Gamma
    function.

    >>> round(spectral_displacement(1e4, 1.5)/spectral_displacement(1e2, 1.5), 3)
    10.538
    """
    from scipy.special import gamma, gammaincc

    t, s = scalar(positive("time", time, "a duration"), "time"), scalar(real("exponent", exponent), "exponent")
    if not 1 < s < 2:
        refuse(
            "The sum over directions needs an integrable density of eigenvalues times h, and a divergent one without.",
            given=f"exponent={s:g}",
            accepted="1 < exponent < 2",
            hint="a sum over a finite set of directions for other spectra",
        )
    lower = gamma(2 - s) * (1 - gammaincc(2 - s, t)) * t ** (s - 1)  # t int h^(1-s) e^(-h t) dh
    return float((lower - (1 - np.exp(-t))) / (s - 1))
