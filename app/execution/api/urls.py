"""Addresses of the API for workers."""

from django.urls import path

from app.execution.api import views

urlpatterns = [
    path("execution/workers/", views.Beat.as_view(), name="execution-beat"),
    path("execution/jobs/<uuid:pk>/claim/", views.Claim.as_view(), name="execution-claim"),
    path("execution/run/report/", views.RunReport.as_view(), name="execution-report"),
    path("execution/run/outputs/", views.RunOutputs.as_view(), name="execution-outputs"),
    path("execution/run/finish/", views.RunFinish.as_view(), name="execution-finish"),
    path("execution/run/next/", views.RunNext.as_view(), name="execution-next"),
    path("execution/run/give-back/", views.RunGiveBack.as_view(), name="execution-give-back"),
]
