"""Start Ryu on a Python newer than it knows: `ryu_manager.py [ryu-manager's arguments]`.

Ryu 4.34 imports the name ALREADY_HANDLED from eventlet.wsgi, which eventlet dropped in 0.30.3. Only Ryu's
web server uses it, so any object does.
"""
import sys

import eventlet.wsgi

if not hasattr(eventlet.wsgi, "ALREADY_HANDLED"):
    eventlet.wsgi.ALREADY_HANDLED = object()

from ryu.cmd.manager import main  # noqa: E402  (the name above must exist first)

sys.exit(main())
