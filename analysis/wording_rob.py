"""Words of the risk-of-bias pages for codes of the tool: our own paraphrases of the official ids."""

CODES = {
    "Y": "Yes",
    "PY": "Probably yes",
    "PN": "Probably no",
    "N": "No",
    "NI": "No information",
    "NA": "Not asked",
}
DEVIATIONS = {
    "non_protocol": "Interventions that the protocol does not foresee",
    "implementation": "Failures in implementing the intervention",
    "adherence": "Non-adherence of participants",
}
SOURCES = {
    "journal_article": "Journal article",
    "protocol": "Protocol",
    "sap": "Statistical analysis plan",
    "noncommercial_registry": "Non-commercial register",
    "company_registry": "Company register",
    "grey_literature": "Grey literature, such as a thesis",
    "conference_abstract": "Conference abstract",
    "regulatory_document": "Regulatory document",
    "ethics_application": "Ethics application",
    "grant_database": "Grant database",
    "personal_communication_trialist": "Personal communication with a trialist",
    "personal_communication_sponsor": "Personal communication with the sponsor",
}
DIRECTIONS = {
    "na": "Not applicable",
    "favours_experimental": "Favours the experimental arm",
    "favours_comparator": "Favours the comparator",
    "towards_null": "Towards no effect",
    "away_from_null": "Away from no effect",
    "unpredictable": "Unpredictable",
}
TOOLS = {
    "rob2-parallel": "RoB 2",
    "jbi-case-series": "JBI checklist for case series",
    "minors": "MINORS",
    "jbi-prevalence": "JBI checklist for prevalence, where the estimate is a frequency",
    "robins-i-2016": "ROBINS-I",
    "robins-i-v2-draft": "ROBINS-I V2 (draft)",
    "nos-cohort": "Newcastle-Ottawa scale",
    "nos-case-control": "Newcastle-Ottawa scale for case-control studies",
    "quadas-2": "QUADAS-2",
}
# Why RoB 2 is offered with a warning, or not at all.
REASONS = {
    "randomised_parallel_groups": "",
    "cluster_variant_differs": (
        "This is the form for trials that randomise individuals. Cluster trials have a variant with one more "
        "domain, on the timing of recruitment; say in the support text what it would ask."
    ),
    "crossover_variant_differs": (
        "This is the form for parallel groups. Crossover trials have a variant with one more domain, on "
        "period and carry-over effects; say in the support text what it would ask."
    ),
    "no_randomisation_no_comparator": (
        "RoB 2 judges randomisation and the comparison of arms; a single-arm study has neither."
    ),
    "external_control": "Without randomisation RoB 2 does not apply.",
    "not_randomised": "RoB 2 judges randomised trials; here the arms were not formed by chance.",
    "frequency_estimate": "The estimate is a frequency, not an effect of an intervention.",
    "diagnostic_accuracy": "The study is about a test, not about an intervention.",
    "design_not_recorded": "Set the study's design first: which tool fits depends on it.",
}
