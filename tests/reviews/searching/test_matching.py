"""What a source holds is looked up by index, however much it holds."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.models import SearchRun
from reviews.services import bulk, matching

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(bulk.is_postgres(), reason="the plan of PostgreSQL is fenced in another way")
@pytest.mark.parametrize("ask", ["held", "heads"])
def test_sqlite_looks_each_record_of_a_batch_up_by_its_identifier(ask: str) -> None:
    # Records without an identifier all share "": only the whole key keeps a large import linear.
    with CaptureQueriesContext(connection) as asked:
        if ask == "held":
            matching.held(1, [("", "a" * 64), ("L2", "b" * 64)])
        else:
            matching.heads(SearchRun(pk=1, source_id=1), ["L1", "L2"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked[-1]['sql']}")
        plan = [row[3] for row in cursor.fetchall()]
    assert "json_each" in plan[0], plan
    assert "source_id=? AND external_id=?" in plan[1], plan
