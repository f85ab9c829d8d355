"""References made up from word lists with a fixed seed: works, their records with the faults of exports, and
neighbours that look like duplicates and are none. Nothing in them is taken from any corpus."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

SEED = 20261122


@dataclass(frozen=True, slots=True)
class Reference:
    """One record as a source gives it; the fields that `reviews.dedupe.entry` reads, and the true work."""

    work: int
    title: str
    authors: tuple[str, ...]
    year: int | None
    journal: str
    volume: str
    issue: str
    pages: str
    doi: str = ""
    pmid: str = ""
    publication_types: tuple[str, ...] = ()
    abstract: str = ""


Change = Callable[[random.Random, Reference], Reference]

_DESIGNS = (
    "a randomised controlled trial", "a cohort study", "a pilot study", "a systematic review",
    "a cross-sectional survey", "a qualitative study", "a double-blind crossover trial", "a case series",
    "protocol of a trial", "long-term follow-up", "a registry-based analysis", "a feasibility study",
    "secondary analysis", "",
)  # fmt: skip
_ACTIONS = (
    "Effect of", "Efficacy and safety of", "Tolerability of", "Cost-effectiveness of", "Adherence to",
    "Experience with", "Outcomes after", "Predictors of response to", "Patients' views of", "Mechanisms of",
    "Quality of life with", "Dose response of", "Withdrawal of", "Barriers to", "Implementation of",
)  # fmt: skip
_TREATMENTS = (
    "alvetinib", "bremolimab", "cognitive training", "carvexol", "deep stimulation", "dietary fibre",
    "exercise", "fluvorin", "group therapy", "home monitoring", "inhaled steroids", "kelutide", "lomatrexin",
    "laser therapy", "mirror therapy", "nerve block", "oral iron", "peer support", "radiotherapy", "sertavan",
    "telerehabilitation", "trivexate", "ultrasound", "vitamin D", "warm compresses", "yoga", "zelanidine",
)  # fmt: skip
_CONDITIONS = (
    "asthma", "rhinitis", "stroke", "heart failure", "anaemia", "depression", "anxiety", "psoriasis",
    "eczema", "migraine", "epilepsy", "gout", "glioma", "lymphoma", "sepsis", "pneumonia", "coeliac disease",
    "obesity", "osteoarthritis", "chronic kidney disease", "haemophilia", "tumour fatigue", "dementia",
)  # fmt: skip
_GROUPS = (
    "children", "adults", "older people", "women", "men", "pregnant women", "adolescents", "veterans",
    "nursing home residents", "primary care patients", "inpatients", "outpatients", "smokers", "carers",
)  # fmt: skip
_PLACES = (
    "Norway", "rural Kenya", "northern Italy", "Chile", "South Korea", "Ontario", "Scotland", "Vietnam",
    "Poland", "western Australia", "Morocco", "the Netherlands", "Peru", "Japan", "Quebec", "Bavaria",
)  # fmt: skip
_ONSETS = (
    "Ald", "Ber", "Cast", "Dal", "Eng", "Fal", "Gran", "Hol", "Iv", "Jen", "Kir", "Lun", "Mor", "Nor", "Ols",
    "Pet", "Quar", "Ros", "Sand", "Tor", "Ulv", "Vik", "Wes", "Zim",
)  # fmt: skip
_ENDS = ("berg", "man", "sen", "ova", "ini", "ström", "etti", "er", "ez", "quist", "müller", "ard")
_FAMILIES = (
    *(onset + end for onset in _ONSETS for end in _ENDS),
    "Li", "Wang", "Zhang", "Kim", "Lee", "Chen", "van der Meer", "de Souza", "O'Neil", "García", "Nguyen",
)  # fmt: skip
_GIVEN = (
    "Anna", "Bo", "Carla", "David", "Elena", "Farid", "Grace", "Hans", "Ines", "Jun", "Karl", "Lea", "Marc",
    "Nina", "Omar", "Paula", "Ravi", "Sara", "Tomas", "Uma", "Victor", "Wei", "Yusuf", "Zoe",
)  # fmt: skip
_KINDS = (
    ("Journal", "J"), ("Annals", "Ann"), ("Archives", "Arch"), ("European Journal", "Eur J"),
    ("International Journal", "Int J"),
)  # fmt: skip
_FIELDS = (
    ("Cardiology", "Cardiol"), ("Neurology", "Neurol"), ("Medicine", "Med"), ("Psychiatry", "Psychiatr"),
    ("Pediatrics", "Pediatr"), ("Rehabilitation", "Rehabil"),
)  # fmt: skip
_JOURNALS = tuple(
    (f"{kind} of {field}{tail}", f"{short} {brief}{small}")
    for kind, short in _KINDS
    for field, brief in _FIELDS
    for tail, small in (("", ""), (" and Therapy", " Ther"))
)


def works(count: int, rng: random.Random) -> Iterator[Reference]:
    """Make distinct works, each with a full reference."""
    for number in range(count):
        design = rng.choice(_DESIGNS)
        title = (
            f"{rng.choice(_ACTIONS)} {rng.choice(_TREATMENTS)} for {rng.choice(_CONDITIONS)} in "
            f"{rng.choice(_GROUPS)} in {rng.choice(_PLACES)}{f': {design}' if design else ''}"
        )
        year = rng.randint(1985, 2026)
        first = rng.randint(2, 2500)
        yield Reference(
            work=number,
            title=title,
            authors=tuple(
                f"{rng.choice(_FAMILIES)}, {rng.choice(_GIVEN)} {rng.choice('ABCDEFGHJKLMPRST')}"
                for _ in range(rng.randint(1, 9))
            ),
            year=year,
            journal=rng.choice(_JOURNALS)[0],
            volume=str(year - 1960 + rng.randint(0, 9)),
            issue=str(rng.randint(1, 12)),
            pages=f"{first}-{first + rng.randint(3, 14)}",
            doi=f"10.9{rng.randint(100, 999)}/x.{year}.{number:06d}" if rng.random() < 0.7 else "",
        )


def _styled(rng: random.Random, one: Reference) -> Reference:
    """Names as another database writes them."""
    split = [name.split(", ") for name in one.authors]
    style = rng.randrange(5)
    if style == 0:
        names = [
            f"{family}, {''.join(f'{part[0]}. ' for part in given.split()).strip()}"
            for family, given in split
        ]
    elif style == 1:
        names = [f"{family} {''.join(part[0] for part in given.split())}" for family, given in split]
    elif style == 2:
        names = [f"{given}, {family}" for family, given in split]
    elif style == 3:
        names = [", ".join(pair) for pair in split[:1]]
    else:
        names = [", ".join(pair) for pair in split[:6]]
    return replace(one, authors=tuple(names))


def _titled(rng: random.Random, one: Reference) -> Reference:
    """The title as another database writes it."""
    title = one.title
    change = rng.randrange(8)
    if change == 0:
        title = title.upper()
    elif change == 1:
        title = f"[{title}]. [{rng.choice(['German', 'Chinese', 'French'])}]"
    elif change == 2:
        title = (
            title.replace("randomised", "randomized")
            .replace("aemi", "emi")
            .replace("oe", "e")
            .replace("our", "or")
        )
    elif change == 3:
        title = f"{title}.[Erratum appears in {one.journal} {(one.year or 0) + 1};{one.volume}:7]"
    elif change == 4:
        title = title.replace("-", " ").replace("'", "’").replace(":", " -") + "."
    elif change == 5 and ":" in title:
        title = title.split(":")[0]
    elif change == 6:
        at = rng.randrange(5, len(title))
        title = title[:at] + title[at + 1 :]
    return replace(one, title=title)


def _placed(rng: random.Random, one: Reference) -> Reference:
    """Volume, issue and pages as another database has them."""
    first, _, last = one.pages.partition("-")
    changes = (
        replace(one, pages=f"{first}-{last[-2:]}"),
        replace(one, pages=first),
        replace(one, pages=""),
        replace(one, volume=f"{one.volume} ({one.issue}) (no pagination)", issue=""),
        replace(one, volume="1)", issue=""),
        replace(one, issue=f"Pt {one.issue}"),
        replace(one, issue="", year=(one.year or 0) + rng.choice([-1, 1])),
        one,
    )
    return rng.choice(changes)


def _abbreviated(rng: random.Random, one: Reference) -> Reference:
    short = dict(_JOURNALS).get(one.journal, one.journal)
    return replace(one, journal=rng.choice([short, f"{one.journal} (00391234)", one.journal.lower(), short]))


def _undone(rng: random.Random, one: Reference) -> Reference:
    """Without a DOI, or with letters decoded wrongly."""
    if rng.random() < 0.5:
        return replace(one, doi="")
    wrong = tuple(name.encode().decode("cp1252", errors="ignore") for name in one.authors)
    return replace(one, authors=wrong)


CHANGES: tuple[Change, ...] = (_styled, _titled, _placed, _abbreviated, _undone)


def repeated(rng: random.Random, one: Reference) -> Reference:
    """The same record from another source: one to four things written otherwise."""
    for change in rng.sample(CHANGES, rng.randint(1, 4)):
        one = change(rng, one)
    return one


def _erratum(rng: random.Random, one: Reference) -> Reference:
    head = rng.choice(["Erratum to: ", "Correction: ", "Corrigendum to ", "Erratum: "])
    return replace(one, title=head + one.title, pages=str(rng.randint(2600, 2999)), doi="")


def _reply(rng: random.Random, one: Reference) -> Reference:
    last = one.pages.split("-")[1]
    return replace(one, title=f"{one.title} - Reply", pages=f"{last}-{last}", doi="")


def _letter(rng: random.Random, one: Reference) -> Reference:
    names = tuple(f"{rng.choice(_FAMILIES)}, {rng.choice(_GIVEN)}" for _ in range(2))
    return replace(one, authors=names, pages=str(rng.randint(2600, 2999)), doi="")


def _meeting_abstract(rng: random.Random, one: Reference) -> Reference:
    year = (one.year or 0) - rng.randint(0, 2)
    other = rng.choice(_JOURNALS)[0]
    page = f"S{rng.randint(1, 400)}"
    return replace(
        one, journal=other, year=year, volume=str(year - 1940), issue="Suppl. 1", pages=page, doi=""
    )


def _same_journal_abstract(rng: random.Random, one: Reference) -> Reference:
    page = rng.randint(2600, 2999)
    other = f"{(int(one.issue) + 5) % 12 + 1}"
    return replace(one, issue=other, pages=f"{page}-{page}", doi="", authors=one.authors[:4])


def _annual(rng: random.Random, one: Reference) -> Reference:
    year, volume = (one.year or 0) + 1, int(one.volume) + 1
    first = rng.randint(2, 2500)
    return replace(one, year=year, volume=str(volume), pages=f"{first}-{first + 9}", doi="")


def _part(rng: random.Random, one: Reference) -> Reference:
    first = int(one.pages.split("-")[1])
    return replace(one, title=f"{one.title}. Part 2", pages=f"{first}-{first + 8}", doi="")


def _twin(rng: random.Random, one: Reference) -> Reference:
    here = next((name for name in _CONDITIONS if f" {name} " in one.title), "")
    other = rng.choice([name for name in _CONDITIONS if name != here])
    first = int(one.pages.split("-")[1]) + 1
    return replace(one, title=one.title.replace(here, other, 1), pages=f"{first}-{first + 8}", doi="")


def _sibling(rng: random.Random, one: Reference) -> Reference:
    """Another abstract of the supplement, under the supplement's DOI."""
    other = next(works(1, rng))
    return replace(
        other, year=one.year, journal=one.journal, volume=one.volume, issue=one.issue, doi=one.doi,
        pages=f"S{rng.randint(1, 300)}",
    )  # fmt: skip


def _preprint(rng: random.Random, one: Reference) -> Reference:
    doi = f"10.1101/{one.year}.04.{rng.randint(10, 28)}.{rng.randint(20000000, 29999999)}"
    return replace(one, journal="medRxiv", volume="", issue="", pages="", doi=doi)


def _dual(rng: random.Random, one: Reference) -> Reference:
    """A statement printed in two journals."""
    first = rng.randint(2, 2500)
    other = rng.choice([name for name, _ in _JOURNALS if name != one.journal])
    return replace(one, journal=other, volume=str(rng.randint(1, 99)), pages=f"{first}-{first + 11}", doi="")


def _proceedings(rng: random.Random, one: Reference) -> Reference:
    name = f"Proceedings of the {rng.randint(3, 40)}th International Conference on Health Systems"
    return replace(one, journal=name, volume="", issue="", pages=f"1-{rng.randint(6, 12)}", doi="")


def _second_issue(rng: random.Random, one: Reference) -> Reference:
    """A column of one name by one author, two issues on."""
    first = rng.randint(2, 2500)
    return replace(one, issue=str((int(one.issue) + 2) % 12 + 1), pages=f"{first}-{first + 3}", doi="")


NEIGHBOURS: tuple[Change, ...] = (
    _erratum, _reply, _letter, _meeting_abstract, _same_journal_abstract, _annual, _part, _twin, _sibling,
    _preprint, _dual, _proceedings, _second_issue,
)  # fmt: skip


def corpus(
    count: int, *, seed: int = SEED, repeats: float = 0.35, neighbours: float = 0.0
) -> list[Reference]:
    """Make records of works, in an order that mixes them.

    A share `repeats` of the records says again what another record says; a share `neighbours` of the works
    has a neighbour of its own, a work apart, and the neighbour may be repeated too.
    """
    rng = random.Random(seed)
    found: list[Reference] = []
    number = 0
    for work in works(count, rng):
        family = [replace(work, work=number)]
        number += 1
        if rng.random() < neighbours:
            family.append(replace(rng.choice(NEIGHBOURS)(rng, work), work=number))
            number += 1
        found.extend(family)
        while rng.random() < repeats:
            found.append(repeated(rng, rng.choice(family)))
        if len(found) >= count:
            break
    del found[count:]
    rng.shuffle(found)
    return found
