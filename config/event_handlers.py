"""Who is told of what: topic of the outbox -> dotted paths of handlers, run in this order, each on its own.

A handler is `handler(*, review_id: int, **ids: int) -> None`. It may run twice and in any order: it reads
the database again and writes what should be, never what the event says.
"""

EVENT_HANDLERS: dict[str, list[str]] = {
    "member.invited": ["reviews.handlers.mail_invitation"],
    "records.added": [
        "reviews.handlers.find_duplicates",
        "screening.handlers.open_items",
        "analysis.handlers.feed.records_added",
        "reviews.handlers.ask_again",
    ],
    "run.undone": ["screening.handlers.run_moved", "analysis.handlers.feed.run_moved"],
    "run.restored": [
        "screening.handlers.run_moved",
        "reviews.handlers.compare_restored",
        "analysis.handlers.feed.run_moved",
    ],
    "screening.run_moved": ["screening.handlers.run_moved"],
    "record.noticed": ["analysis.handlers.feed.record_noticed"],
    "reports.merged": ["screening.handlers.reports_changed", "analysis.handlers.studies.reports_changed"],
    "reports.split": ["screening.handlers.reports_changed", "analysis.handlers.studies.reports_changed"],
    "reports.related": ["analysis.handlers.studies.reports_related"],
    "duplicates.waiting": ["reviews.handlers.find_duplicates"],
    "screening.started": [
        "screening.handlers.open_items",
        "analysis.handlers.specs.screening_started",
        "analysis.handlers.feed.screening_started",
    ],
    "screening.items_waiting": ["screening.handlers.open_items"],
    "screening.rule_changed": ["screening.handlers.rule_changed"],
    "screening.state_changed": ["analysis.handlers.studies.screening_changed"],
    "source.due": ["analysis.handlers.chasing.source_due"],
    "study.included": ["analysis.handlers.specs.study_included", "analysis.handlers.feed.study_moved"],
    "study.removed": ["analysis.handlers.specs.study_removed", "analysis.handlers.feed.study_moved"],
    "study.changed": ["analysis.handlers.specs.study_changed"],
    "extraction.agreed": ["analysis.handlers.specs.datum_changed"],
    "appraisal.agreed": ["analysis.handlers.specs.appraisal_changed"],
    "protocol.amended": [
        "screening.handlers.protocol_amended",
        "analysis.handlers.specs.protocol_amended",
        "analysis.handlers.feed.protocol_amended",
    ],
    "spec.changed": ["analysis.handlers.specs.spec_changed"],
    "run.finished": ["analysis.handlers.specs.run_finished"],
    "version.published": ["analysis.handlers.feed.version_published"],
}
