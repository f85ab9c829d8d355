"""The form of a source: where it is, how records come, what is asked, and when again."""

from typing import Any

from django import forms

from reviews.forms.amending import AmendableForm
from reviews.models import Connector, Source
from reviews.services.citation_plans import THROUGH

_SEARCHED = {
    Connector.PUBMED: "PubMed",
    Connector.EUROPEPMC: "Europe PMC",
    Connector.OPENALEX: "OpenAlex",
    Connector.CROSSREF: "Crossref",
    Connector.CLINICALTRIALS: "ClinicalTrials.gov",
}
_DIRECTIONS = (
    ("both", "What included studies cite, and what cites them"),
    ("backward", "What they cite"),
    ("forward", "What cites them"),
)
NEVER, INTERVAL, WEEKDAY, CRON = "never", "interval", "weekday", "cron"
_SCHEDULES = (
    (NEVER, "By hand only"),
    (INTERVAL, "Every so many days"),
    (WEEKDAY, "On a day of the week"),
    (CRON, "By a cron expression"),
)


class SourceForm(AmendableForm):
    """One of three schedules is kept; what the others hold is emptied."""

    schedule = forms.ChoiceField(
        label="Searched again", choices=_SCHEDULES, widget=forms.RadioSelect, initial=NEVER, required=False
    )

    direction = forms.ChoiceField(
        label="Which way", choices=_DIRECTIONS, widget=forms.RadioSelect, initial="both", required=False
    )
    through = forms.MultipleChoiceField(
        label="Through",
        choices=tuple(THROUGH.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=list(THROUGH),
        required=False,
    )

    class Meta:
        model = Source
        fields = (
            "name", "platform", "kind", "connector", "query", "interval_days", "weekday", "cron", "hour",
            "full_rerun_days",
        )  # fmt: skip
        labels = {
            "connector": "Records come",
            "interval_days": "Every … days",
            "weekday": "Each",
            "cron": "Cron expression",
            "hour": "At about … o’clock",
            "full_rerun_days": "List everything again after … days",
            "query": "Query",
        }
        help_texts = {
            "name": "Such as Embase or ClinicalTrials.gov; it stands in the PRISMA flow.",
            "platform": "Where it is searched, such as Ovid or EBSCOhost.",
            "query": "Exactly as it is sent or was sent, copied and pasted.",
            "cron": "Minute, hour, day of the month, month, day of the week: “0 4 * * MON”.",
            "interval_days": "",
            "weekday": "",
            "hour": "0 to 23, in the time of this install.",
            "full_rerun_days": "Between, only what is new or changed is asked for. Empty: never.",
        }
        widgets = {
            "query": forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
            "hour": forms.NumberInput(attrs={"min": 0, "max": 23}),
        }

    field_order = (
        "name", "platform", "kind", "connector", "direction", "through", "query", "schedule",
        "interval_days", "weekday", "cron", "hour", "full_rerun_days", "reason",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is left empty keeps its default, so that programs and old bookmarks may send less.
        for name in ("hour", "schedule"):
            self.fields[name].required = False
        source: Source = self.instance
        self.initial.setdefault("schedule", self._current(source))
        for name in ("direction", "through"):
            if name in source.options:
                self.initial.setdefault(name, source.options[name])
        if source._state.adding and not self.is_bound:
            self.initial.setdefault("connector", Connector.PUBMED)

    @staticmethod
    def _current(source: Source) -> str:
        if source.interval_days is not None:
            return INTERVAL
        if source.weekday is not None:
            return WEEKDAY
        return CRON if source.cron else NEVER

    def clean(self) -> dict[str, Any]:
        """Keep the schedule that is chosen; where none is named, the one that is filled in."""
        values = super().clean() or self.cleaned_data
        chosen = values.get("schedule") or ""
        kept = {INTERVAL: "interval_days", WEEKDAY: "weekday", CRON: "cron"}
        if chosen:
            for schedule, name in kept.items():
                if schedule != chosen:
                    values[name] = "" if name == "cron" else None
            missing = kept.get(chosen)
            if missing and values.get(missing) in (None, "") and missing not in self.errors:
                self.add_error(missing, "Fill this in, or choose another schedule.")
        if values.get("hour") is None:
            values["hour"] = self.instance.hour
        return values

    def values(self) -> dict[str, Any]:
        """The fields of the source; what only citation chasing asks is among its options."""
        asked = {"schedule", "direction", "through"}
        values = {name: value for name, value in super().values().items() if name not in asked}
        if values.get("connector") == Connector.CITATIONS:
            chosen = {name: self.cleaned_data[name] for name in ("direction", "through")}
            values["options"] = {**self.instance.options, **{k: v for k, v in chosen.items() if v}}
        return values

    @property
    def asked(self) -> tuple[str, str]:
        """Connector and query as they stand in the form, for a preview of what they find."""
        return str(self["connector"].value() or ""), str(self["query"].value() or "")
