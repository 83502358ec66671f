"""Addresses of statements, below api/v1/."""

from rest_framework.routers import SimpleRouter

from apps.payouts.views import StaffStatementViewSet, StatementViewSet

router = SimpleRouter()
router.register("staff/statements", StaffStatementViewSet, basename="staff-statement")
router.register("statements", StatementViewSet, basename="statement")

urlpatterns = [*router.urls]
