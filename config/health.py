"""What a load balancer, a container engine and the supervisor ask: can this process serve a page?"""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 where the database and the cache answer, else 503 naming the one that does not."""
    faults = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        faults["database"] = "no answer"
    try:
        cache.get("health")
    except (RedisError, DatabaseError):
        faults["cache"] = "no answer"
    if faults:
        return JsonResponse({"status": "failing", "faults": faults}, status=503)
    return JsonResponse({"status": "ok"})
