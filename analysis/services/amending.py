"""The plan moved: the analyses that took their measure from it follow, and say why."""

from django.db import transaction

from analysis.models import Spec, SpecVersion
from analysis.synthesis_settings import DEFAULTS, complete, defaults_for, fits, suits
from reviews import audit, events, sequence
from reviews.models import Amendment

_REASON = "{version} of the protocol: {reason}"


@transaction.atomic
def follow(*, review_id: int, amendment: Amendment) -> list[SpecVersion]:
    """Give each analysis that pooled with an outcome's planned measure the measure that is planned now.

    An analysis whose measure was another one than the plan's keeps it: somebody chose it. What somebody
    changed after the amendment stays too, so that news told twice does nothing the second time.
    Emits spec.changed.
    """
    following = []
    for outcome_id, (old, new) in _moved_measures(amendment).items():
        rows = Spec.objects.select_related("outcome").filter(
            review_id=review_id, outcome_id=outcome_id, retired_at__isnull=True
        )
        for spec in rows.select_for_update(no_key=True, of=("self",)).order_by("id"):
            last = SpecVersion.objects.filter(spec=spec).latest("number")
            if last.settings["measure"] == old and last.seq < amendment.seq:
                following.append(_revise(spec, last=last, measure=new, amendment=amendment))
    return following


def _moved_measures(amendment: Amendment) -> dict[int, tuple[str, str]]:
    """Outcome -> its planned measure before and after, where both versions have one."""
    moved = {}
    before = amendment.before.content["outcomes"]
    for pk, outcome in amendment.after.content["outcomes"].items():
        if pk in before and before[pk]["measure"] != outcome["measure"]:
            moved[int(pk)] = (before[pk]["measure"], outcome["measure"])
    return moved


def _revise(spec: Spec, *, last: SpecVersion, measure: str, amendment: Amendment) -> SpecVersion:
    settings = {**last.settings, "measure": measure}
    is_usual = settings["bias_test"] == defaults_for(last.settings["measure"])["bias_test"]
    if is_usual or not suits(settings["bias_test"], measure):
        settings["bias_test"] = defaults_for(measure)["bias_test"]
    if not fits(settings["pooling"], measure):
        settings["pooling"] = DEFAULTS["pooling"]
    seq = sequence.take(spec.review_id)
    version = SpecVersion.objects.create(
        spec=spec,
        number=last.number + 1,
        settings=complete(settings, measure=measure, outcome_type=spec.outcome.type),
        subgroup_field=last.subgroup_field,
        filters=last.filters,
        reason=_REASON.format(version=amendment.after.label, reason=amendment.reason),
        by=amendment.by,
        seq=seq,
    )
    audit.record(
        by=amendment.by,
        verb="spec.followed_plan",
        target=spec,
        review_id=spec.review_id,
        seq=seq,
        old={"measure": last.settings["measure"]},
        new={"measure": measure},
    )
    events.emit("spec.changed", review_id=spec.review_id, spec=spec.pk)
    return version
