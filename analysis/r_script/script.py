"""The script as a whole, section by section."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.r_script import bias, sensitivity, subgroups, summary
from analysis.r_script.data import data_frame, display, effects, kind_of
from analysis.r_script.fitting import functions
from analysis.r_script.literals import call, comment, numbers, text

Json = Mapping[str, Any]

_END = """\
# -- The platform's numbers beside R's
options(width = 200)
print(checks, digits = 9, row.names = FALSE)
cat(sprintf(
  "R %s, metafor %s: %d numbers compared, largest relative difference %.2g\\n",
  getRversion(), packageVersion("metafor"), sum(!is.na(checks$platform)),
  max(0, checks$difference, na.rm = TRUE)
))
stopifnot("R's numbers differ from the platform's: see the rows where same is FALSE" = all(checks$same))"""


@dataclass(frozen=True, slots=True)
class Heading:
    """What the script says of where it comes from."""

    review: str
    analysis: str
    run: int
    computed: str
    settings_line: str


def script(
    heading: Heading,
    *,
    inputs: Json,
    settings: Json,
    outputs: Json,
    status: str,
    engine_version: str,
) -> str:
    """Write one run as R.

    Parameters
    ----------
    heading : Heading
    inputs, settings, outputs : mapping
        As stored with the result of the run.
    status : {"pooled", "single", "none", "refused"}
    engine_version : str

    Returns
    -------
    str
        Text of a file for Rscript or source(); it fails where R's numbers differ from the stored ones.
    """
    sections = [
        _head(heading, inputs=inputs, settings=settings, engine_version=engine_version),
        _data(inputs, settings),
    ]
    if status == "refused":
        sections.append(
            comment(f"The platform refused to compute with these data: {outputs['refused']['sentence']}")
            + "\nprint(dat)"
        )
        return "\n\n".join(sections) + "\n"
    if not inputs["studies"]:
        sections.append(comment("No study contributes: there is nothing to compute."))
        return "\n\n".join(sections) + "\n"
    sections += [
        f"# -- Functions\n{functions(settings)}",
        "\n".join(
            [
                "# -- The effects of the studies",
                effects(settings),
                display(settings),
                _studies(outputs),
            ]
        ),
    ]
    if status == "pooled":
        sections += [
            summary.overall(outputs["overall"], settings=settings, weights=_weights(outputs)),
            subgroups.section(outputs, settings=settings),
            bias.section(outputs["bias"], settings=settings),
            sensitivity.section(outputs, settings=settings),
        ]
    else:
        sections.append(comment("One study at most has an estimate: there is nothing to pool."))
    return "\n\n".join(part for part in [*sections, _END] if part) + "\n"


def _head(heading: Heading, *, inputs: Json, settings: Json, engine_version: str) -> str:
    lines = [
        comment(f"Review: {heading.review}"),
        comment(f"Analysis: {heading.analysis}; outcome: {inputs['outcome']}"),
        comment(f"Run {heading.run}, computed {heading.computed} by engine {engine_version}"),
        comment(f"Settings: {heading.settings_line}"),
        *(
            comment(f"  {name} = {value}")
            for name, value in sorted(settings.items())
            if not isinstance(value, dict)
        ),
        "#",
        comment(
            "It computes the run again in R, from the same data with the same settings, prints both sides "
            "and stops with an error where they differ by more than 1e-6. Run it with Rscript, or source() "
            "it. It needs R 4.0 and metafor 3.8 or later."
        ),
        *_others(inputs),
        "suppressPackageStartupMessages(library(metafor))",
    ]
    return "\n".join(lines)


def _others(inputs: Json) -> list[str]:
    if not inputs["others"]:
        return []
    lines = ["#", comment("Included studies that do not contribute:")]
    for other in inputs["others"]:
        why = other["status"].replace("_", " ")
        reason = f" ({other['reason']})" if other["reason"] else ""
        lines.append(comment(f"* {other['label']}: {why}{reason}", hang="  "))
    return lines


def _data(inputs: Json, settings: Json) -> str:
    if not inputs["studies"]:
        return "# -- Data: no study contributes"
    label = inputs["subgroup"]
    about = f"group is {label}; " if label else ""
    words = comment(
        f"-- Data: {about}one row a study, {kind_of(settings['measure'])} data under escalc()'s names"
    )
    return f"{words}\n{data_frame(inputs['studies'], measure=settings['measure'])}"


def _studies(outputs: Json) -> str:
    studies = outputs["studies"]
    lines = ["width <- qnorm(0.5 + level / 2) * sqrt(dat$vi)"]
    for name, r, scale in (
        ("yi", "dat$yi", "sqrt(dat$vi)"),
        ("vi", "dat$vi", "dat$vi"),
        ("estimate", "shown(dat$yi, dat$ni)", "1e-3"),
        ("ci_low", "shown(dat$yi - width, dat$ni)", "1e-3"),
        ("ci_high", "shown(dat$yi + width, dat$ni)", "1e-3"),
    ):
        what = f"paste({text(name.replace('_', ' ') + ' of')}, dat$study)"
        lines.append(call("compare", what, numbers([study[name] for study in studies]), r, scale))
    left_out = [study for study in studies if study["left_out"]]
    for study in left_out:
        why = study["left_out"].replace("_", " ")
        lines.append(comment(f"The platform leaves out {study['label']}: {why}"))
    lines.append(f'compare("studies used", {len(studies) - len(left_out)}, nrow(used))')
    return "\n".join(lines)


def _weights(outputs: Json) -> list[float]:
    return [
        study["weight_percent"]
        for study in outputs["studies"]
        if study["left_out"] is None and study["weight_percent"] is not None
    ]
