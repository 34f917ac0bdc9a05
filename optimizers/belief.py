"""What is believed of a group's response to its bids: the stated prior joined with what trials or a landscape say.

Here belongs the union of prior and estimate. The estimates are ``optimizers.elasticity`` and ``optimizers.landscape``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.elasticity import ResponseEstimate
from optimizers.inputs import ANY, POSITIVE, read_columns

GRID = np.linspace(-5.0, 5.0, 801)  # prior standard deviations around the prior


@dataclass(frozen=True)
class Response:
    """What is believed of a group of keywords: ``eta`` with the sd of its logarithm, ``rho`` and ``kappa``; dimensionless."""

    eta: float
    eta_log_sd: float
    rho: float
    kappa: float


# Of logarithms. 80 % of elasticities lie within 0.38-0.94, what bid landscapes of search auctions usually show; the next click
# costs the bid in a truthful auction, and quality factors, reserve prices and few rivals bend that by about a quarter.
PRIOR_ETA_LOG_SD = 0.35
RHO_LOG_SD = KAPPA_LOG_SD = 0.25
MIN_KAPPA, MAX_KAPPA = 0.5, 2.0


def join_with_prior(found: ResponseEstimate, prior: Response) -> Response:
    """Return the posterior of a group's response: the prior, moved by what its trials say as far as they are sure.

    eta and kappa: log-normal prior times normal estimate. rho follows from what a click costs beside its bid: a power law
    from zero has cost / (clicks bid) = rho eta / (eta + kappa); log rho so found is weighted with its prior by precision.
    Source: Bayes' rule for a normal mean (Gelman et al. 2013, "Bayesian Data Analysis", section 2.5).

    Parameters
    ----------
    found : ResponseEstimate
        What the trials say; unusable ones (F <= 10) leave the prior as it is.
    prior : Response
        Centres, > 0, and the sd of log eta, > 0; those of rho and kappa are constants of this module.

    Returns
    -------
    Response
        kappa within [0.5, 2].

    Raises
    ------
    InvalidInputError
        If a prior is not positive.

    Notes
    -----
    Known drawback: the three are joined one after the other; their correlation is not carried on.

    Examples
    --------
    >>> from optimizers.elasticity import NO_ESTIMATE
    >>> prior = Response(0.6, 0.35, 1.0, 1.0)
    >>> join_with_prior(NO_ESTIMATE, prior) == prior
    True
    >>> sure = ResponseEstimate(0.8, 0.01, 1.0, 0.01, 0.44, 500.0, 10_000)
    >>> found = join_with_prior(sure, prior)
    >>> round(found.eta, 2), round(found.rho, 2), round(found.kappa, 2)
    (0.8, 0.99, 1.0)
    """
    if not found.is_usable:
        return prior
    eta, eta_log_sd = posterior_of_log_normal(found.eta, found.eta_error, prior.eta, prior.eta_log_sd)
    kappa, kappa_log_sd = posterior_of_log_normal(found.kappa, found.kappa_error, prior.kappa, KAPPA_LOG_SD)
    kappa = float(np.clip(kappa, MIN_KAPPA, MAX_KAPPA))
    if not found.paid_share > 0:
        return Response(eta, eta_log_sd, prior.rho, kappa)
    told = np.log(found.paid_share * (eta + kappa) / eta)
    variance = (kappa / (eta + kappa)) ** 2 * (eta_log_sd**2 + kappa_log_sd**2)
    trust = RHO_LOG_SD**2 / (RHO_LOG_SD**2 + variance)
    return Response(eta, eta_log_sd, float(np.exp(trust * told + (1.0 - trust) * np.log(prior.rho))), kappa)


def posterior_of_log_normal(estimate: float, error: float, centre: float, log_sd: float) -> tuple[float, float]:
    """Return centre and log sd of a positive number: log-normal prior times a normal estimate.

    Bayes' rule, summed over a grid (Gelman et al. 2013, "Bayesian Data Analysis", section 10.1). Known drawback: an estimate
    more than five prior sd away is met at the grid's edge.

    Parameters
    ----------
    estimate, error : float
        What the data say and its standard error, > 0; an infinite error leaves the prior.
    centre, log_sd : float
        Median and standard deviation of the logarithm of the prior, both > 0.

    Returns
    -------
    tuple of float
        exp(mean of the logarithm) and its standard deviation. Where the estimate is exact beside the prior this is the usual
        precision-weighted mean; an estimate below 0 pulls down without breaking it. By summation over a grid of +-5 prior sd.

    Raises
    ------
    InvalidInputError
        If a number is not finite (but for the error) or not positive where it must be.

    Examples
    --------
    >>> posterior_of_log_normal(0.9, float("inf"), 0.6, 0.35)
    (0.6, 0.35)
    >>> [round(one, 2) for one in posterior_of_log_normal(0.9, 0.05, 0.6, 0.35)]
    [0.89, 0.06]
    """
    if np.isinf(error):
        return centre, log_sd
    columns = {"error": (error, POSITIVE), "centre": (centre, POSITIVE), "log_sd": (log_sd, POSITIVE)}
    read_columns("cannot join an estimate with its prior", {"estimate": (estimate, ANY), **columns})
    log_value = np.log(centre) + GRID * log_sd
    log_weight = -0.5 * GRID**2 - 0.5 * ((np.exp(log_value) - estimate) / error) ** 2
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mean = float(weight @ log_value)
    return float(np.exp(mean)), float(np.sqrt(weight @ (log_value - mean) ** 2))
