"""Drawing what results show, in workers: this module loads matplotlib and no web process imports it."""

from collections.abc import Callable, Sequence

from django.db.models import QuerySet
from matplotlib.figure import Figure as Drawn

from analysis import comparison, figure_data, wording, wording_figures
from analysis.models import Figure, Result, Run
from analysis.plots import RobData, render, rob_summary, traffic_light
from analysis.selectors import appraisals
from analysis.selectors import figures as stored
from analysis.selectors.figures import Drawing
from reviews.models import Outcome

_DRAW_JUDGEMENTS: dict[str, Callable[[RobData], Drawn]] = {
    "traffic_light": traffic_light,
    "rob_summary": lambda data: rob_summary(data, weighted=False),
}


def draw_current(spec_id: int) -> int:
    """Draw what the spec's latest run shows and no figure shows yet; returns how many were drawn.

    A run that was overtaken meanwhile is left out: it is drawn when somebody looks at it.
    """
    run = _runs().filter(spec_id=spec_id).order_by("-number").first()
    return draw_result(run.result) if run else 0


def draw_run(run_id: int) -> int:
    """Draw what one run shows, also an old one; returns how many were drawn."""
    return draw_result(_runs().get(pk=run_id).result)


def draw_plot(run_id: int, plot: str) -> int:
    """Draw one figure of a run that somebody looks at, in all its forms; returns how many were drawn."""
    result = _runs().get(pk=run_id).result
    return _draw(result, stored.forms_of(plot)) if stored.has(plot, result) else 0


def draw_result(result: Result) -> int:
    """Draw the figures of a result that each run has. Two workers may do it: the bytes are the same."""
    return _draw(result, stored.plots_of(result))


def _draw(result: Result, plots: Sequence[str]) -> int:
    review_id, key = result.spec_version.spec.review_id, stored.data_hash(result)
    there = stored.drawn(review_id, key)
    held = comparison.Outcome(result.inputs, result.settings, result.status, result.outputs)
    wanted = [drawing for plot in plots for drawing in stored.drawings_of(plot)]
    # What the page shows comes first; downloads can wait.
    missing = sorted((each for each in wanted if each not in there), key=lambda each: each.format != "svg")
    sketches: dict[str, figure_data.Sketch] = {}
    figures: dict[str, Drawn] = {}
    for drawing in missing:
        plot, name = drawing.plot, stored.wide(drawing.plot)
        sketch = sketches.get(name) or sketches.setdefault(name, figure_data.sketch_of(name, held))
        figure = figures.get(plot) or figures.setdefault(plot, sketch.draw(plot != name))
        title = f"{wording_figures.TITLES[name]}: {held.inputs['spec']}"
        _store(review_id, key, drawing, figure, title=title, description=sketch.description)
    return len(missing)


def draw_judgements(review_id: int, outcome_id: int) -> int:
    """Draw the agreed judgements on risk of bias for one outcome; returns how many figures were drawn."""
    outcome = Outcome.objects.select_related("protocol__review").get(
        pk=outcome_id, protocol__review_id=review_id
    )
    lights = appraisals.traffic_light(outcome.protocol.review, outcome)
    if not lights:
        return 0
    key = stored.judgements_hash(outcome, lights)
    there = stored.drawn(review_id, key)
    data = figure_data.judgements_of(outcome.name, lights, appraisals.tool())
    count = 0
    for plot, draw in _DRAW_JUDGEMENTS.items():
        missing = [drawing for drawing in stored.drawings_of(plot) if drawing not in there]
        if not missing:
            continue
        figure, title = draw(data), f"Risk of bias: {outcome.name}"
        for drawing in missing:
            _store(review_id, key, drawing, figure, title=title, description=wording.judgements(lights))
        count += len(missing)
    return count


def _runs() -> QuerySet[Run]:
    return Run.objects.select_related("result__spec_version__spec")


def _store(
    review_id: int, key: str, drawing: Drawing, figure: Drawn, *, title: str, description: str
) -> None:
    content = render(
        figure,
        drawing.format,  # type: ignore[arg-type]  # one of drawings_of
        theme=drawing.style,  # type: ignore[arg-type]  # as above
        title=title,
        description=description,
    )
    Figure.objects.bulk_create(
        [
            Figure(
                review_id=review_id,
                data_hash=key,
                plot=drawing.plot,
                style=drawing.style,
                format=drawing.format,
                content=content,
            )
        ],
        ignore_conflicts=True,
    )
