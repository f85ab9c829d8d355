"""gunicorn's settings, the same under `manage.py up` and in a container: `-c python:config.web_server`."""

import os
import tempfile
from pathlib import Path

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("WEB_THREADS", "8"))
bind = [os.environ.get("WEB_BIND", "127.0.0.1:8000")]
timeout = 60
graceful_timeout = 8
keepalive = 5
# A heartbeat file on a slow disk makes gunicorn kill healthy workers; /dev/shm lies in memory.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()
# Its socket would lie in the home directory, shared by every install of one user.
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"
