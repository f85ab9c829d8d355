"""Addresses of this app; every page of a review lies under /r/<slug>/."""

from django.urls import URLPattern, path, register_converter

from reviews.exports import ReferenceFormatConverter
from reviews.views import (
    duplicates,
    hand_entry,
    imports,
    merged,
    protocol,
    records,
    references,
    reviews,
    runs,
    search,
    service_keys,
    sources,
    team,
)

app_name = "reviews"
# Screening's addresses use it too: they are loaded after these.
register_converter(ReferenceFormatConverter, "reference_format")
urlpatterns: list[URLPattern] = [
    path("", reviews.index, name="index"),
    path("keys/", service_keys.show, name="service_keys"),
    path("keys/<slug:service>/", service_keys.change, name="service_key"),
    path("reviews/new/", reviews.new, name="new"),
    path("invitations/<str:token>/", team.join, name="join"),
    path("r/<slug:slug>/settings/", reviews.settings, name="settings"),
    path("r/<slug:slug>/team/", team.show, name="team"),
    path("r/<slug:slug>/team/invite/", team.invite, name="invite"),
    path("r/<slug:slug>/team/invitations/<int:invitation_id>/revoke/", team.revoke, name="revoke"),
    path("r/<slug:slug>/team/<int:membership_id>/role/", team.change_role, name="change_role"),
    path("r/<slug:slug>/team/<int:membership_id>/leave/", team.leave, name="leave"),
    path("r/<slug:slug>/protocol/", protocol.show, name="protocol"),
    path("r/<slug:slug>/protocol/texts/", protocol.texts, name="protocol_texts"),
    path("r/<slug:slug>/protocol/start/", protocol.start, name="start_screening"),
    path("r/<slug:slug>/protocol/versions/<int:number>/", protocol.version, name="protocol_version"),
    path("r/<slug:slug>/protocol/<slug:kind>/add/", protocol.add, name="protocol_add"),
    path("r/<slug:slug>/protocol/<slug:kind>/<int:row_id>/", protocol.edit, name="protocol_edit"),
    path("r/<slug:slug>/protocol/<slug:kind>/<int:row_id>/retire/", protocol.retire, name="protocol_retire"),
    path("r/<slug:slug>/query-help/", sources.query_help, name="query_help"),
    path("r/<slug:slug>/query-help/fields/", sources.query_fields, name="query_fields"),
    path("r/<slug:slug>/sources/", search.sources, name="sources"),
    path("r/<slug:slug>/sources/<int:source_id>/enter/", hand_entry.enter, name="hand_entry"),
    path("r/<slug:slug>/sources/<int:source_id>/history/", search.history, name="source_history"),
    path("r/<slug:slug>/sources/<int:source_id>/search/", search.search_now, name="search_now"),
    path("r/<slug:slug>/sources/<int:source_id>/pause/", search.pause, name="pause_source"),
    path("r/<slug:slug>/import/", imports.choose, name="import"),
    path("r/<slug:slug>/import/new/<slug:vendor>/", imports.name_source, name="import_new"),
    path("r/<slug:slug>/sources/<int:source_id>/import/", imports.upload, name="import_file"),
    path("r/<slug:slug>/comparing/", search.comparing, name="comparing"),
    path("r/<slug:slug>/runs/", search.runs, name="runs"),
    path("r/<slug:slug>/runs.csv", search.runs_csv, name="runs_csv"),
    path("r/<slug:slug>/runs/<int:run_id>/", runs.show, name="run"),
    path("r/<slug:slug>/runs/<int:run_id>/again/", runs.again, name="run_again"),
    path("r/<slug:slug>/runs/<int:run_id>/problems.csv", runs.problems_csv, name="run_problems"),
    path("r/<slug:slug>/runs/<int:run_id>/columns/", imports.columns, name="import_columns"),
    path("r/<slug:slug>/runs/<int:run_id>/confirm/", imports.confirm, name="import_confirm"),
    path("r/<slug:slug>/runs/<int:run_id>/discard/", imports.discard, name="import_discard"),
    path("r/<slug:slug>/records/", records.records, name="records"),
    path("r/<slug:slug>/records.csv", records.records_csv, name="records_csv"),
    path(
        "r/<slug:slug>/records-as.<reference_format:extension>",
        references.records,
        name="records_file",
    ),
    path(
        "r/<slug:slug>/publications.<reference_format:extension>",
        references.publications,
        name="publications_file",
    ),
    path("r/<slug:slug>/record/<int:record_id>/", records.record, name="record"),
    path("r/<slug:slug>/records/<int:record_id>/raw/", records.raw, name="record_raw"),
    path("r/<slug:slug>/duplicates/", duplicates.queue, name="duplicates"),
    path("r/<slug:slug>/duplicates/<int:suggestion_id>/merge/", duplicates.merge, name="merge"),
    path("r/<slug:slug>/duplicates/<int:suggestion_id>/apart/", duplicates.distinct, name="keep_apart"),
    path("r/<slug:slug>/duplicates/<int:suggestion_id>/reopen/", duplicates.reopen, name="reopen_pair"),
    path("r/<slug:slug>/duplicates/<int:suggestion_id>/relate/", duplicates.relate, name="relate"),
    path("r/<slug:slug>/duplicates/group/", duplicates.merge_group, name="merge_group"),
    path(
        "r/<slug:slug>/duplicates/merges/<int:event_id>/undo/", duplicates.take_back, name="take_back_merge"
    ),
    path(
        "r/<slug:slug>/duplicates/acts/<int:bulk_id>/undo/", duplicates.take_back_bulk, name="take_back_bulk"
    ),
    path("r/<slug:slug>/duplicates/relations/<int:relation_id>/undo/", duplicates.unrelate, name="unrelate"),
    path("r/<slug:slug>/duplicates/totals/", merged.totals, name="duplicate_totals"),
    path("r/<slug:slug>/duplicates/totals.csv", merged.totals_csv, name="duplicate_totals_csv"),
    path("r/<slug:slug>/merged/", merged.merged, name="merged"),
    path("r/<slug:slug>/merged.csv", merged.merges_csv, name="merges_csv"),
    path("r/<slug:slug>/merged/<int:event_id>/undo/", merged.undo, name="undo_merge"),
    path("r/<slug:slug>/merged/acts/<int:bulk_id>/undo/", merged.undo_bulk, name="undo_bulk"),
    path(
        "r/<slug:slug>/merged/relations/<int:relation_id>/undo/", merged.undo_relation, name="undo_relation"
    ),
]
