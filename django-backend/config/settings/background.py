"""What workers do, and when: queues, time limits and the schedule of beat."""

from celery.schedules import crontab
from kombu import Queue

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_DB_REUSE_MAX = 1_000  # tasks; by default each one opens a connection
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
# A worker takes from all; one started with `--queues default,payments` is never kept waiting by the pace of Slack.
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("default", "notifications", "payments")]
CELERY_TASK_ROUTES = {"notifications.*": {"queue": "notifications"}, "payments.*": {"queue": "payments"}}
CELERY_BEAT_SCHEDULE = {
    "purge-idempotency-records": {"task": "common.purge_idempotency_records", "schedule": crontab(minute=17)},
    "expire-started-listings": {"task": "listings.expire_started", "schedule": crontab(minute="*/5")},
    "expire-holds": {"task": "listings.expire_holds", "schedule": crontab()},
    # Of the month before: those that are missing.
    "make-statements": {"task": "payouts.make_statements", "schedule": crontab(hour=5, minute=10)},
    "apply-markdowns": {"task": "listings.apply_markdowns", "schedule": crontab(minute="*/10")},
    # Finds what a crash left behind and what is to be gathered. One that is late is dropped: the next does the same.
    "deliver-outbox": {"task": "notifications.deliver_outbox", "schedule": 5.0, "options": {"expires": 5}},
    # Finds what a crash, a lost webhook or a silent Stripe left behind.
    "sweep-payments": {"task": "payments.sweep", "schedule": 60.0, "options": {"expires": 60}},
    # Goes on with refunds for cancelled events where a crash or a full batch ended.
    "refund-events": {"task": "orders.refund_events", "schedule": 60.0, "options": {"expires": 60}},
    "handle-slack-requests": {"task": "triage.handle_requests", "schedule": 30.0, "options": {"expires": 30}},
    "purge-slack-requests": {"task": "triage.purge_requests", "schedule": crontab(hour=3, minute=37)},
    "purge-stripe-events": {"task": "payments.purge_events", "schedule": crontab(hour=3, minute=57)},
    "raise-overdue": {"task": "triage.raise_overdue", "schedule": crontab(hour=14, minute=0)},
    # Makes the report in the quarter of an hour in which the week ends, and in a later one what was missed.
    "weekly-issue-report": {"task": "reports.weekly_issue_report", "schedule": crontab(minute="*/15")},
    "purge-carts": {"task": "orders.purge_carts", "schedule": crontab(hour=3, minute=23)},
    "erase-old-buyers": {"task": "orders.erase_old_buyers", "schedule": crontab(hour=3, minute=13)},
    "purge-outbox": {"task": "notifications.purge_outbox", "schedule": crontab(hour=3, minute=27)},
    "purge-notices": {"task": "notifications.purge_notices", "schedule": crontab(hour=3, minute=33)},
    "note-beat": {"task": "monitoring.note_beat", "schedule": 60.0, "options": {"expires": 60}},
    "check-invariants": {
        "task": "monitoring.check_invariants",
        "schedule": crontab(minute="*/15"),
        "options": {"expires": 900},
    },
    "purge-contact-messages": {"task": "support.purge_contact_messages", "schedule": crontab(hour=3, minute=47)},
    "purge-event-imports": {"task": "catalog.purge_event_imports", "schedule": crontab(hour=3, minute=53)},
    "clear-expired-sessions": {"task": "common.clear_expired_sessions", "schedule": crontab(hour=3, minute=43)},
}
