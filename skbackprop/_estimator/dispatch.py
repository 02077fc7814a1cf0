"""Where jobs are trained: here, or together with those of other fits."""

from ..core.training.population import train_population
from .context import meeting_point
from .threads import suitable_threads


def train(jobs):
    """Train the jobs of a fit in place.

    What is raised in the course of one of several jobs is left in its ``error``; of a single job it
    is raised.

    Parameters
    ----------
    jobs : list of Job
    """
    meet = meeting_point.get()
    if meet is None:
        train_here(jobs)
    else:
        meet(jobs)
    if len(jobs) == 1 and jobs[0].error is not None:
        raise jobs[0].error


def train_here(jobs):
    """Train jobs by themselves: those of one shape side by side, as a population."""
    with suitable_threads(jobs):
        for group in _groups(jobs):
            if len(group) > 1:
                train_population(group)
            else:
                _train_one(group[0], alone=len(jobs) == 1)


def _train_one(job, *, alone):
    try:
        job.train()
    except Exception as error:
        if alone:
            raise
        job.error = error


def _groups(jobs):
    """The jobs that can be trained as one population, together."""
    groups = {}
    for i, job in enumerate(jobs):
        key = job.solver.population_key(job) if len(jobs) > 1 else None
        groups.setdefault(i if key is None else key, []).append(job)
    return list(groups.values())
