"""Addresses of this app; every page of a review lies under /r/<slug>/."""

from django.urls import URLPattern, path

from screening.views import bulk_duplicates, conflicts, lists, settings, texts, voting

app_name = "screening"
_SCREEN = "r/<slug:slug>/screen/"
_CONFLICTS = _SCREEN + "<slug:stage_slug>/conflicts/"
urlpatterns: list[URLPattern] = [
    path("r/<slug:slug>/duplicates/bulk/", bulk_duplicates.bulk, name="bulk_duplicates"),
    path(_SCREEN, voting.title_abstract, name="screen"),
    path(_SCREEN + "full-text/", voting.full_text, name="full_text"),
    path(_SCREEN + "reports/", lists.by_state, name="list"),
    path(_SCREEN + "reports.<reference_format:extension>", lists.by_state_file, name="list_file"),
    path(_SCREEN + "retrieval/", texts.show, name="retrieval"),
    path(_SCREEN + "retrieval/<int:report_id>/<slug:act>/", texts.step, name="retrieval_step"),
    path(_SCREEN + "files/<int:attachment_id>/", texts.file, name="file"),
    path(_SCREEN + "settings/", settings.show, name="settings"),
    path(_SCREEN + "votes.csv", lists.votes_csv, name="votes_csv"),
    path(_SCREEN + "<slug:stage_slug>/vote/", voting.vote, name="vote"),
    path(_SCREEN + "<slug:stage_slug>/undo/", voting.undo, name="undo"),
    path(_SCREEN + "<slug:stage_slug>/mine/", lists.mine, name="my_votes"),
    path(_SCREEN + "<slug:stage_slug>/mine/<int:report_id>/", lists.my_vote, name="my_vote"),
    path(_SCREEN + "<slug:stage_slug>/mine/<int:report_id>/change/", lists.change, name="change_vote"),
    path(_CONFLICTS, conflicts.show, name="conflicts"),
    path(
        _SCREEN + "<slug:stage_slug>/conflicts.<reference_format:extension>",
        lists.conflicts_file,
        name="conflicts_file",
    ),
    path(_CONFLICTS + "<int:report_id>/", conflicts.one, name="conflict"),
    path(_CONFLICTS + "<int:report_id>/judge/", conflicts.judge, name="judge"),
    path(_CONFLICTS + "<int:report_id>/settle/", conflicts.settle, name="settle"),
    path(_CONFLICTS + "<int:report_id>/reopen/", conflicts.reopen, name="reopen"),
]
