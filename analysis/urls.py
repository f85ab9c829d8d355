"""Addresses of this app; every page of a review lies under /r/<slug>/."""

from django.urls import URLPattern, path

from analysis.views import (
    analyses,
    appraisal,
    chasing,
    consensus,
    downloads,
    exports,
    extraction,
    figures,
    flow,
    notices,
    overview,
    records,
    report,
    studies,
    undo,
)

app_name = "analysis"
urlpatterns: list[URLPattern] = [
    path("r/<slug:slug>/", overview.show, name="overview"),
    path("r/<slug:slug>/live/", overview.live, name="overview_live"),
    path("r/<slug:slug>/notices/", notices.listing, name="notices"),
    path("r/<slug:slug>/notices/<int:notice_id>/answer/", notices.answer, name="notice_answer"),
    path("r/<slug:slug>/records/<int:record_id>/", records.show, name="record"),
    path("r/<slug:slug>/records/<int:record_id>/history.csv", records.history_csv, name="record_history"),
    path("r/<slug:slug>/sources/<int:source_id>/chase/", chasing.show, name="chase"),
    path("r/<slug:slug>/runs/<int:run_id>/undo/", undo.undo, name="undo_run"),
    path("r/<slug:slug>/runs/<int:run_id>/restore/", undo.restore, name="restore_run"),
    path("r/<slug:slug>/report/", report.show, name="report"),
    path("r/<slug:slug>/report/publish/", report.publish, name="publish"),
    path("r/<slug:slug>/report/<str:number>/", report.show_version, name="report_version"),
    path("r/<slug:slug>/report/<str:number>/figures/<str:name>", report.figure, name="report_figure"),
    path("r/<slug:slug>/report/<str:number>/data/<str:name>", report.data, name="report_data"),
    path("r/<slug:slug>/downloads/", exports.show, name="exports"),
    path("r/<slug:slug>/downloads/studies.csv", exports.studies, name="studies_csv"),
    path("r/<slug:slug>/downloads/values.csv", exports.values, name="values_csv"),
    path("r/<slug:slug>/downloads/runs.csv", exports.runs, name="all_runs_csv"),
    path("r/<slug:slug>/downloads/risk-of-bias.csv", exports.appraisals, name="appraisals_csv"),
    path("r/<slug:slug>/flow/", flow.show, name="flow"),
    path("r/<slug:slug>/flow/live/", flow.live, name="flow_live"),
    path("r/<slug:slug>/flow/download/<str:kind>/", flow.download, name="flow_download"),
    path("r/<slug:slug>/flow/records/<slug:box>/", flow.listing, name="flow_list"),
    path("r/<slug:slug>/flow/records/<slug:box>.csv", flow.listing_csv, name="flow_list_csv"),
    path("r/<slug:slug>/analyses/", analyses.show_list, name="analyses"),
    path("r/<slug:slug>/analyses/live/", analyses.live_list, name="analyses_live"),
    path("r/<slug:slug>/analyses/add/", analyses.add, name="analysis_add"),
    path("r/<slug:slug>/analyses/<int:spec_id>/", analyses.show, name="analysis"),
    path("r/<slug:slug>/analyses/<int:spec_id>/settings/", analyses.revise, name="analysis_revise"),
    path("r/<slug:slug>/analyses/<int:spec_id>/ask/", analyses.ask, name="analysis_ask"),
    path("r/<slug:slug>/analyses/<int:spec_id>/headline/", analyses.headline, name="analysis_headline"),
    path("r/<slug:slug>/analyses/<int:spec_id>/note/", analyses.note, name="analysis_note"),
    path("r/<slug:slug>/analyses/<int:spec_id>/retire/", analyses.retire, name="analysis_retire"),
    path("r/<slug:slug>/analyses/<int:spec_id>/choose/", analyses.choose, name="analysis_choose"),
    path("r/<slug:slug>/analyses/<int:spec_id>/data.csv", downloads.data, name="analysis_data"),
    path("r/<slug:slug>/analyses/<int:spec_id>/runs.csv", downloads.runs, name="analysis_runs"),
    path("r/<slug:slug>/analyses/<int:spec_id>/result.json", downloads.result, name="analysis_result"),
    path("r/<slug:slug>/analyses/<int:spec_id>/live/<slug:part>/", analyses.live, name="analysis_live"),
    path(
        "r/<slug:slug>/analyses/<int:spec_id>/runs/<int:number>/run.R",
        downloads.r_script,
        name="analysis_r_script",
    ),
    path("r/<slug:slug>/analyses/<int:spec_id>/runs/<int:number>/<str:name>", figures.of_run, name="figure"),
    path("r/<slug:slug>/analyses/<int:spec_id>/<slug:part>/", analyses.show, name="analysis_part"),
    path(
        "r/<slug:slug>/appraise/figures/<int:outcome_id>/<str:name>",
        figures.of_judgements,
        name="judgement_figure",
    ),
]

# Studies and extraction
_study = "r/<slug:slug>/studies/<int:study_id>/"
urlpatterns += [
    path("r/<slug:slug>/extract/", studies.extract, name="extract"),
    path("r/<slug:slug>/extract/form/", studies.form_fields_page, name="extract_form"),
    path(
        "r/<slug:slug>/extract/form/<int:field_id>/<slug:name>/",
        studies.form_field_act,
        name="extract_form_act",
    ),
    path("r/<slug:slug>/studies/", studies.listing, name="studies"),
    path("r/<slug:slug>/studies/files/<int:attachment_id>/", extraction.source_file, name="source_file"),
    path(_study, studies.show, name="study"),
    path(f"{_study}unlink/<int:report_id>/", studies.unlink, name="study_unlink"),
    path(f"{_study}extract/", extraction.show, name="extraction"),
    path(f"{_study}extract/start/", extraction.start, name="extraction_start"),
    path(f"{_study}extract/line/<slug:key>/", extraction.enter, name="extraction_enter"),
    path(f"{_study}extract/<slug:name>/", extraction.act, name="extraction_act"),
    path(f"{_study}agree/", extraction.agree, name="agree"),
    path(f"{_study}agree/equal/", extraction.agree_equal, name="agree_equal"),
    path(f"{_study}agree/line/<slug:key>/", extraction.agree_line, name="agree_line"),
    path(f"{_study}correct/<slug:key>/", extraction.correct, name="correct"),
    path(f"{_study}<slug:name>/", studies.act, name="study_act"),
]

# Risk of bias
_unit = "r/<slug:slug>/appraise/<int:unit_id>/"
urlpatterns += [
    path("r/<slug:slug>/appraise/", appraisal.appraise, name="appraise"),
    path("r/<slug:slug>/appraise/of/<int:outcome_id>/", appraisal.outcome_figures, name="appraise_figures"),
    path(
        "r/<slug:slug>/appraise/begin/<int:study_id>/<int:outcome_id>/",
        appraisal.begin,
        name="appraisal_begin",
    ),
    path(_unit, appraisal.show, name="appraisal"),
    path(f"{_unit}submit/", appraisal.submit, name="appraisal_submit"),
    path(f"{_unit}copy/", appraisal.copy, name="appraisal_copy"),
    path(f"{_unit}consensus/", consensus.consensus, name="consensus"),
    path(f"{_unit}<slug:domain_id>/", appraisal.answer, name="appraisal_answer"),
    path(f"{_unit}<slug:domain_id>/judge/", appraisal.judge, name="appraisal_judge"),
]
