"""A local server that speaks ClinicalTrials.gov's data API, version 2: studies by page token."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.fakes.json_server import Answer, FakeService, as_json
from tests.fakes.works import words_of

_RANGE = re.compile(r"AREA\[LastUpdatePostDate\]RANGE\[(\d{4}-\d\d-\d\d),MAX\]")


@dataclass(frozen=True, slots=True)
class Trial:
    """One registration."""

    number: int
    title: str
    summary: str = "Zinc lozenges against colds."
    status: str = "COMPLETED"
    changed: date = date(2024, 1, 1)
    has_results: bool = False

    @property
    def nct(self) -> str:
        return f"NCT{self.number:08d}"

    def study(self) -> dict[str, Any]:
        """The registration as the API gives it."""
        names: dict[str, Any] = {"nctId": self.nct, "briefTitle": self.title[:40]}
        if self.title:
            names["officialTitle"] = self.title
        protocol = {
            "identificationModule": names,
            "statusModule": {
                "overallStatus": self.status,
                "startDateStruct": {"date": "2022-05"},
                "studyFirstPostDateStruct": {"date": "2022-04-01", "type": "ACTUAL"},
                "lastUpdatePostDateStruct": {"date": self.changed.isoformat(), "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Colds Institute, Inc."}},
            "descriptionModule": {"briefSummary": self.summary},
            "conditionsModule": {"conditions": ["Common Cold"], "keywords": ["lozenge"]},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE2"]},
            "armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": "Zinc"}]},
            "outcomesModule": {"primaryOutcomes": [{"measure": "Days with a cold", "timeFrame": "2 weeks"}]},
            "contactsLocationsModule": {
                "overallOfficials": [{"name": "Jane A Doe, MD, PhD", "role": "PRINCIPAL_INVESTIGATOR"}]
            },
            "referencesModule": {
                "references": [
                    {"pmid": "30000001", "type": "RESULT", "citation": "Doe J. 2021."},
                    {"pmid": "30000002", "type": "BACKGROUND", "citation": "Roe R. 2001."},
                ]
            },
        }
        return {"protocolSection": protocol, "hasResults": self.has_results}


def trials(how_many: int) -> list[Trial]:
    """Registrations 1 to `how_many`, one changed each day."""
    return [
        Trial(number, f"Zinc for colds, trial {number}", changed=date(2024, 1, 1) + timedelta(days=number))
        for number in range(1, how_many + 1)
    ]


@dataclass
class FakeClinicalTrials(FakeService):
    """The register with made-up registrations; a query finds those that hold all its words."""

    trials: list[Trial] = field(default_factory=lambda: trials(30))
    count_override: int | None = None
    endless: bool = False

    root = "/api/v2/"

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """Return the reply to one request."""
        if path != "studies":
            return Answer(404, b"not found", "text/plain")
        size, token = int(query.get("pageSize", 10)), query.get("pageToken", "")
        if size > 1000:
            return Answer(400, b"`pageSize` must be at most 1000", "text/plain")
        if token and not re.fullmatch(r"NF0g\d+", token):
            return Answer(400, b"`pageToken` parameter has incorrect value", "text/plain")
        start = int(token.removeprefix("NF0g")) if token else 0
        found = self._found(query)
        answer: dict[str, Any] = {"studies": [trial.study() for trial in found[start : start + size]]}
        if query.get("countTotal") == "true" and not token:
            answer["totalCount"] = len(found) if self.count_override is None else self.count_override
        if self.endless:
            answer["nextPageToken"] = "NF0g0"
        elif start + size < len(found):
            answer["nextPageToken"] = f"NF0g{start + size}"
        return as_json(answer)

    def _found(self, query: dict[str, str]) -> list[Trial]:
        words = words_of(" ".join(value for name, value in query.items() if name.startswith("query.")))
        found = [
            trial
            for trial in self.trials
            if set(words) <= set(words_of(f"{trial.nct} {trial.title} {trial.summary} zinc colds"))
        ]
        if span := _RANGE.search(query.get("filter.advanced", "")):
            found = [trial for trial in found if trial.changed >= date.fromisoformat(span.group(1))]
        if ids := query.get("filter.ids"):
            found = [trial for trial in found if trial.nct in ids.split("|")]
        return found
