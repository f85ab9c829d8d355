"""The columns of what databases and programs export, each as it is named there."""

from __future__ import annotations

import csv
import io

import pytest

from reviews.formats import ParsedRecord, read
from reviews.formats.columns import recognise

# Header, then the column of each field that the table has.
_TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "ICTRP": (
        "TrialID,Last Refreshed on,Public title,Scientific title,Acronym,Primary sponsor,Date registration,"
        "Date registration3,Export date,Source Register,web address,Recruitment Status,other records,"
        "Inclusion agemin,Inclusion agemax,Inclusion gender,Date enrollement,Target size,Study type,"
        "Study design,Phase,Countries,Contact Firstname,Contact Lastname,Contact Address,Contact Email,"
        "Contact Tel,Contact Affiliation,Inclusion Criteria,Exclusion Criteria,Condition,Intervention,"
        "Primary outcome,results date posted,results date completed,results url link,Retrospective flag",
        {
            "title": "Scientific title", "year": "Date registration", "accession": "TrialID",
            "journal": "Source Register", "url": "web address", "keywords": "Condition",
            "publication_types": "Study type",
        },
    ),
    "ClinicalTrials.gov": (
        "NCT Number,Study Title,Study URL,Acronym,Study Status,Brief Summary,Study Results,Conditions,"
        "Interventions,Primary Outcome Measures,Secondary Outcome Measures,Other Outcome Measures,Sponsor,"
        "Collaborators,Sex,Age,Phases,Enrollment,Funder Type,Study Type,Study Design,Other IDs,Start Date,"
        "Primary Completion Date,Completion Date,First Posted,Results First Posted,Last Update Posted,"
        "Locations,Study Documents",
        {
            "title": "Study Title", "abstract": "Brief Summary", "year": "Start Date",
            "accession": "NCT Number", "url": "Study URL", "keywords": "Conditions",
            "publication_types": "Study Type",
        },
    ),
    "Scopus": (
        "Authors,Author full names,Author(s) ID,Title,Year,Source title,Volume,Issue,Art. No.,Page start,"
        "Page end,Page count,Cited by,DOI,Link,Affiliations,Authors with affiliations,Abstract,"
        "Author Keywords,Index Keywords,References,Publisher,ISSN,ISBN,CODEN,PubMed ID,"
        "Language of Original Document,Abbreviated Source Title,Document Type,Publication Stage,Open Access,"
        "Source,EID",
        {
            "title": "Title", "abstract": "Abstract", "authors": "Authors", "year": "Year", "doi": "DOI",
            "pmid": "PubMed ID", "journal": "Source title", "volume": "Volume", "issue": "Issue",
            "pages": "Art. No.", "start_page": "Page start", "end_page": "Page end", "accession": "EID",
            "url": "Link", "keywords": "Author Keywords", "language": "Language of Original Document",
            "publication_types": "Document Type",
        },
    ),
    "Web of Science, tabs": (
        "PT,AU,BA,BE,GP,AF,BF,CA,TI,SO,SE,BS,LA,DT,CT,CY,CL,SP,HO,DE,ID,AB,C1,C3,RP,EM,RI,OI,FU,FP,FX,CR,NR,"
        "TC,Z9,U1,U2,PU,PI,PA,SN,EI,BN,J9,JI,PD,PY,VL,IS,PN,SU,SI,MA,BP,EP,AR,DI,DL,D2,EA,PG,WC,WE,SC,GA,PM,"
        "OA,HC,HP,DA,UT",
        {
            "title": "TI", "abstract": "AB", "authors": "AF", "year": "PY", "doi": "DI", "pmid": "PM",
            "journal": "SO", "volume": "VL", "issue": "IS", "pages": "AR", "start_page": "BP",
            "end_page": "EP", "accession": "UT", "keywords": "DE", "language": "LA",
            "publication_types": "DT",
        },
    ),
    "Web of Science, Excel": (
        "Publication Type,Authors,Book Authors,Book Editors,Book Group Authors,Author Full Names,"
        "Book Author Full Names,Group Authors,Article Title,Source Title,Book Series Title,"
        "Book Series Subtitle,Language,Document Type,Conference Title,Conference Date,Author Keywords,"
        "Keywords Plus,Abstract,Addresses,ISSN,eISSN,ISBN,Journal Abbreviation,Journal ISO Abbreviation,"
        "Publication Date,Publication Year,Volume,Issue,Part Number,Supplement,Special Issue,"
        "Meeting Abstract,Start Page,End Page,Article Number,DOI,DOI Link,Book DOI,Early Access Date,"
        "Number of Pages,WoS Categories,IDS Number,Pubmed Id,Open Access Designations,Date of Export,"
        "UT (Unique WOS ID),Web of Science Record",
        {
            "title": "Article Title", "abstract": "Abstract", "authors": "Authors",
            "year": "Publication Year", "doi": "DOI", "pmid": "Pubmed Id", "journal": "Source Title",
            "volume": "Volume", "issue": "Issue", "pages": "Article Number", "start_page": "Start Page",
            "end_page": "End Page", "accession": "UT (Unique WOS ID)", "keywords": "Author Keywords",
            "language": "Language", "publication_types": "Document Type",
        },
    ),
    "Embase": (
        "Title,Original Title,Author Names,Correspondence Address,Source,Source Title,Publication Year,"
        "Volume,Issue,First Page,Last Page,Date of Publication,Publication Type,ISSN,Abstract,"
        "Emtree Drug Index Terms,Language of Article,Medline PMID,Embase Accession ID,PUI,DOI,"
        "Full Text Link,Embase Link,Open URL Link,Copyright",
        {
            "title": "Title", "abstract": "Abstract", "authors": "Author Names",
            "year": "Publication Year", "doi": "DOI", "pmid": "Medline PMID", "journal": "Source Title",
            "volume": "Volume", "issue": "Issue", "start_page": "First Page", "end_page": "Last Page",
            "accession": "PUI", "url": "Open URL Link", "language": "Language of Article",
            "publication_types": "Publication Type",
        },
    ),
    "Cochrane Library": (
        "Cochrane Review ID,Title,Author(s),Source,Issue,Year,Abstract,Keywords,DOI,URL",
        {
            "title": "Title", "abstract": "Abstract", "authors": "Author(s)", "year": "Year", "doi": "DOI",
            "journal": "Source", "issue": "Issue", "accession": "Cochrane Review ID", "url": "URL",
            "keywords": "Keywords",
        },
    ),
    "Dimensions": (
        "Rank,Publication ID,DOI,PMID,PMCID,ISBN,Title,Abstract,Acknowledgements,Funding,Source title,"
        "Anthology title,MeSH terms,Publication date,PubYear,Publication date (online),"
        "Publication date (print),Volume,Issue,Pagination,Open Access,Publication Type,Document Type,Authors,"
        "Authors (Raw Affiliation),Corresponding Authors,Times cited,Source Linkout,Dimensions URL",
        {
            "title": "Title", "abstract": "Abstract", "authors": "Authors", "year": "PubYear", "doi": "DOI",
            "pmid": "PMID", "journal": "Source title", "volume": "Volume", "issue": "Issue",
            "pages": "Pagination", "accession": "Publication ID", "url": "Dimensions URL",
            "keywords": "MeSH terms", "publication_types": "Document Type",
        },
    ),
    "The Lens": (
        "Lens ID,Title,Date Published,Publication Year,Publication Type,Source Title,ISSNs,Publisher,"
        "Source Country,Author/s,Abstract,Volume,Issue Number,Start Page,End Page,Fields of Study,Keywords,"
        "MeSH Terms,Chemicals,Funding,Source URLs,External URL,PMID,DOI,Microsoft Academic ID,PMCID,"
        "Citing Patents Count,References,Is Open Access",
        {
            "title": "Title", "abstract": "Abstract", "authors": "Author/s", "year": "Publication Year",
            "doi": "DOI", "pmid": "PMID", "journal": "Source Title", "volume": "Volume",
            "issue": "Issue Number", "start_page": "Start Page", "end_page": "End Page",
            "accession": "Lens ID", "url": "External URL", "keywords": "Keywords",
            "publication_types": "Publication Type",
        },
    ),
    "EBSCOhost": (
        "Article Title,Author,Journal Title,ISSN,ISBN,Publication Date,Volume,Issue,First Page,Page Count,"
        "Accession Number,DOI,Publisher,Doctype,Subjects,Keywords,Abstract,PLink",
        {
            "title": "Article Title", "abstract": "Abstract", "authors": "Author",
            "year": "Publication Date", "doi": "DOI", "journal": "Journal Title", "volume": "Volume",
            "issue": "Issue", "start_page": "First Page", "accession": "Accession Number", "url": "PLink",
            "keywords": "Keywords", "publication_types": "Doctype",
        },
    ),
    "EBSCO, new": (
        "an,title,abstract,contributors,publicationDate,source,volume,issue,pageStart,pageEnd,doi,isbns,"
        "issns,language,subjects,docTypes,pubType,peerReviewed,longDBName,plink",
        {
            "title": "title", "abstract": "abstract", "authors": "contributors",
            "year": "publicationDate", "doi": "doi", "journal": "source", "volume": "volume",
            "issue": "issue", "start_page": "pageStart", "end_page": "pageEnd", "accession": "an",
            "url": "plink", "keywords": "subjects", "language": "language",
            "publication_types": "docTypes",
        },
    ),
    "ProQuest": (
        "Title,Abstract,StoreId,ArticleType,Authors,documentType,entryDate,issn,issue,language,pages,pubdate,"
        "pubtitle,volume,year,DocumentURL,startPage,subjects,digitalObjectIdentifier",
        {
            "title": "Title", "abstract": "Abstract", "authors": "Authors", "year": "year",
            "doi": "digitalObjectIdentifier", "journal": "pubtitle", "volume": "volume", "issue": "issue",
            "pages": "pages", "start_page": "startPage", "accession": "StoreId", "url": "DocumentURL",
            "keywords": "subjects", "language": "language", "publication_types": "documentType",
        },
    ),
    "Rayyan": (
        "key,title,year,month,day,journal,issn,volume,issue,pages,authors,url,language,publisher,location,"
        "abstract,notes,doi,keywords,pubmed_id,pmc_id",
        {
            "title": "title", "abstract": "abstract", "authors": "authors", "year": "year", "doi": "doi",
            "pmid": "pubmed_id", "journal": "journal", "volume": "volume", "issue": "issue",
            "pages": "pages", "url": "url", "keywords": "keywords", "language": "language",
        },
    ),
    "Covidence": (
        "Title,Authors,Abstract,Published Year,Published Month,Journal,Volume,Issue,Pages,Accession Number,"
        "DOI,Ref,Covidence #,Study,Notes,Tags",
        {
            "title": "Title", "abstract": "Abstract", "authors": "Authors", "year": "Published Year",
            "doi": "DOI", "journal": "Journal", "volume": "Volume", "issue": "Issue", "pages": "Pages",
            "accession": "Accession Number",
        },
    ),
    "Zotero": (
        "Key,Item Type,Publication Year,Author,Title,Publication Title,ISBN,ISSN,DOI,Url,Abstract Note,Date,"
        "Date Added,Date Modified,Access Date,Pages,Num Pages,Issue,Volume,Number Of Volumes,"
        "Journal Abbreviation,Short Title,Series,Publisher,Place,Language,Rights,Type,Archive,"
        "Library Catalog,Call Number,Extra,Notes,File Attachments,Manual Tags,Automatic Tags,Editor,Number",
        {
            "title": "Title", "abstract": "Abstract Note", "authors": "Author", "year": "Publication Year",
            "doi": "DOI", "extra": "Extra", "journal": "Publication Title", "volume": "Volume",
            "issue": "Issue", "pages": "Pages", "url": "Url", "keywords": "Manual Tags",
            "language": "Language", "publication_types": "Item Type",
        },
    ),
    "IEEE Xplore": (
        "Document Title,Authors,Author Affiliations,Publication Title,Date Added To Xplore,Publication Year,"
        "Volume,Issue,Start Page,End Page,Abstract,ISSN,ISBNs,DOI,Funding Information,PDF Link,"
        "Author Keywords,IEEE Terms,Mesh_Terms,Article Citation Count,Online Date,Issue Date,Publisher,"
        "Document Identifier",
        {
            "title": "Document Title", "abstract": "Abstract", "authors": "Authors",
            "year": "Publication Year", "doi": "DOI", "journal": "Publication Title", "volume": "Volume",
            "issue": "Issue", "start_page": "Start Page", "end_page": "End Page", "url": "PDF Link",
            "keywords": "Author Keywords",
        },
    ),
}  # fmt: skip


def _read(header: str, cells: dict[str, str], *, delimiter: str = ",") -> ParsedRecord:
    """Read one row with these cells under a header."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    names = header.split(",")
    writer.writerow(names)
    writer.writerow([cells.get(name, "") for name in names])
    (record,) = read(io.BytesIO(text.getvalue().encode()), name="table.csv")
    assert isinstance(record, ParsedRecord)
    return record


@pytest.mark.parametrize(("header", "expected"), _TABLES.values(), ids=list(_TABLES))
def test_the_columns_of_an_export_are_recognised(header: str, expected: dict[str, str]) -> None:
    names = header.split(",")

    assert {field: names[index] for field, index in recognise(names).items()} == expected


def test_a_trial_of_ictrp_has_its_number_its_year_and_its_address() -> None:
    header, _ = _TABLES["ICTRP"]
    cells = {
        "TrialID": "ISRCTN00000001", "Public title": "Alpha", "Scientific title": "Alpha for marsh fever",
        "Date registration": "15/03/2020", "Date registration3": "20200315", "Source Register": "ISRCTN",
        "web address": "https://example.org/1", "Condition": "Marsh fever",
    }  # fmt: skip

    record = _read(header, cells)

    assert (record.external_id, record.title, record.year) == (
        "ISRCTN00000001", "Alpha for marsh fever", 2020,
    )  # fmt: skip
    assert (record.journal, record.url, record.keywords) == (
        "ISRCTN", "https://example.org/1", ("Marsh fever",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("Publication Date", "20200315"),
        ("Publication Date", "15/03/2020"),
        ("Date registration3", "20200315"),
    ],
)
def test_a_day_in_one_number_has_a_year(column: str, written: str) -> None:
    assert _read(f"Title,{column}", {"Title": "Fever", column: written}).year == 2020


def test_web_of_science_gives_full_names_and_no_sponsor_as_a_page() -> None:
    header, _ = _TABLES["Web of Science, tabs"]
    cells = {"TI": "Fever", "AU": "Berg, A", "AF": "Berg, Anna", "SP": "Fever Fund", "BP": "1", "EP": "9"}

    record = _read(header, cells | {"PT": "J", "UT": "WOS:1"}, delimiter="\t")

    assert (record.authors, record.pages, record.external_id) == (("Berg, Anna",), "1-9", "WOS:1")


@pytest.mark.parametrize(
    ("extra", "pmid"),
    [
        ("PMID: 123 PMCID: PMC45", "123"),
        ("Publisher: Fever Press\nPMID: 123", "123"),
        ("12 citations (Crossref) [2020-01-01]", ""),
        ("", ""),
    ],
)
def test_zotero_names_the_pmid_among_other_things(extra: str, pmid: str) -> None:
    assert _read(_TABLES["Zotero"][0], {"Title": "Fever", "Extra": extra}).pmid == pmid


def test_affiliations_are_not_taken_for_authors() -> None:
    assert _read("TI,AF,PY", {"TI": "Fever", "AF": "Marsh University", "PY": "2020"}).authors == ()
