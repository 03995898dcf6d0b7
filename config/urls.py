"""Every address. `/ko/…` and `/en/…` are pages; `/api/v1/…` is for machines.

`/healthz`, `/readyz` and `/statusz` are answered before an address is looked up: config/health.py.
"""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from config import account_urls
from config.problems import no_such_address
from config.problems_api import ProblemCodeView
from funding.api import RollupView
from funding.compare_api import CompareView
from funding.compare_pages import compare_totals_page
from funding.money.lines_page import lines_page
from funding.money.pages import money_page
from funding.needs import seen
from funding.views import home
from records import (
    bulk_pages,
    compare_pages,
    document_pages,
    duplicate_pages,
    export_pages,
    job_pages,
    pages,
    past_pages,
    saved_pages,
    truth_pages,
    undo_pages,
)
from records.api import viewset_for
from records.calendars import pages as calendar_pages
from records.documents_api import DocumentView
from records.duplicates_api import DuplicateView
from records.editing import edit_page, new_page
from records.everything_api import EverythingView
from records.exports_api import ExportsView
from records.gantt import pages as gantt_pages
from records.gantt.lists import pages as dated_pages
from records.gantt.lists.files import file_page as dated_file_page
from records.gantt.moved.files import moved_file_page
from records.gantt.moved.pages import moved_page
from records.hooks import pages as hook_pages
from records.hooks.api import WebhookView
from records.jobs_api import JobView
from records.kinds import kinds
from records.merge_pages import merge_page
from records.past_api import ChangeView
from records.published import pages as data_pages
from records.retiring import restore_page, retire_page
from records.saved_api import SavedViewView
from records.search_api import SearchView
from records.search_pages import search_page
from records.slips.api import SlipView
from records.spreadsheets import pages as sheet_pages
from records.spreadsheets.api import ImportView
from records.suggest_api import SuggestView
from records.suggest_pages import keys_page, read_page, suggest_page
from records.timelines_api import TimelineView
from records.truth_api import DisagreementView
from records.undo_api import UndoView
from reports import urls as report_urls
from reports.api.views import UpdateView
from reports.due import pages as due_pages
from reports.due.api import DueView
from reports.telling import pages as notice_pages

router = DefaultRouter()
router.include_format_suffixes = False
own_views = {"document": DocumentView, "disagreement": DisagreementView}
for kind in kinds().values():
    router.register(kind.plural, own_views.get(kind.name) or viewset_for(kind), basename=f"api-{kind.plural}")
router.register("rollups", RollupView, basename="api-rollups")
router.register("timelines", TimelineView, basename="api-timelines")
router.register("slips", SlipView, basename="api-slips")
router.register("jobs", JobView, basename="api-jobs")
router.register("exports", ExportsView, basename="api-exports")
router.register("everything", EverythingView, basename="api-everything")
router.register("search", SearchView, basename="api-search")
router.register("views", SavedViewView, basename="api-views")
router.register("suggest", SuggestView, basename="api-suggest")
router.register("duplicates", DuplicateView, basename="api-duplicates")
router.register("changes", ChangeView, basename="api-changes")
router.register("imports", ImportView, basename="api-imports")
router.register("compare", CompareView, basename="api-compare")
router.register("dues", DueView, basename="api-dues")
router.register("webhooks", WebhookView, basename="api-webhooks")
router.register("updates", UpdateView, basename="api-updates")

# Swagger UI writes styles into its page and has its icons as data. Its script is a file of ours ("split").
explorer = csp_override(
    settings.SECURE_CSP | {"style-src": [CSP.SELF, CSP.UNSAFE_INLINE], "img-src": [CSP.SELF, "data:"]}
)(SpectacularSwaggerSplitView.as_view(url_name="schema"))

handler400 = "config.problems.bad_request"
handler403 = "config.problems.permission_denied"
handler404 = "config.problems.page_not_found"
handler500 = "config.problems.server_error"

urlpatterns = [
    path("language/", pages.set_language, name="set_language"),
    path("api/v1/changes/<int:id>/undo/", UndoView.as_view({"get": "plan", "post": "undo"}), name="api-undo"),
    path("api/v1/", include(router.urls)),
    path("api/problems/", ProblemCodeView.as_view({"get": "list"}), name="api-problems"),
    path("api/problems/<slug:code>", ProblemCodeView.as_view({"get": "retrieve"}), name="api-problem"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/explorer/", explorer, name="explorer"),
    path("api/<path:rest>", csrf_exempt(no_such_address)),
    path("data/", require_safe(RedirectView.as_view(pattern_name="data"))),
    path("data/index.json", data_pages.data_index, name="data_index"),
    path("data/<str:day>/", data_pages.data_file, name="data_day"),
    path("data/<str:day>/<str:name>", data_pages.data_file, name="data_file"),
    path("calendars/<str:key>.ics", calendar_pages.calendar_file, name="calendar_file"),
    *i18n_patterns(
        path("", home, name="home"),
        path("seen/", seen, name="seen"),
        *account_urls.patterns,
        path("jobs/", job_pages.job_list, name="jobs"),
        path("jobs/recompute-figures/", job_pages.recompute_figures, name="recompute_figures"),
        path("jobs/<uuid:id>/", job_pages.job_page, name="job"),
        path("jobs/<uuid:id>/cancel/", job_pages.job_cancel, name="job_cancel"),
        path("jobs/<uuid:id>/file/", job_pages.job_file, name="job_file"),
        path("data/", data_pages.data_page, name="data"),
        path("search/", search_page, name="search"),
        path("suggest/", suggest_page, name="suggest"),
        path("read/<slug:what>/", read_page, name="read"),
        path("keys/", keys_page, name="keys"),
        path("changes/", past_pages.changes_page, name="changes"),
        path("changes/<int:id>/", past_pages.change_page, name="change"),
        path("compare/", compare_pages.compare_page, name="compare"),
        path("compare/totals/", compare_totals_page, name="compare_totals"),
        path("compare/<slug:plural>/", compare_pages.compare_list_page, name="compare_list"),
        path("compare/<slug:plural>/<str:key>/", compare_pages.compare_record_page, name="compare_record"),
        path("duplicates/", duplicate_pages.duplicates_page, name="duplicates"),
        path("duplicates/look/", duplicate_pages.look_page, name="look_for_duplicates"),
        path("duplicates/<slug:plural>/", duplicate_pages.duplicates_page, name="duplicates_of"),
        path("duplicates/<slug:plural>/two/", duplicate_pages.two_page, name="two"),
        path("changes/<int:id>/undo/", undo_pages.undo_page, name="undo"),
        path("truth/", truth_pages.truth_page, name="truth"),
        path("truth/unsourced/", truth_pages.unsourced_page, name="unsourced"),
        path("truth/<str:key>/", truth_pages.case_page, name="case"),
        path("money/", money_page, name="money"),
        path("money/lines/", lines_page, name="money_lines"),
        path("reports/due/", due_pages.dues_page, name="dues"),
        path("reports/due/<uuid:id>/extend/", due_pages.extend_page, name="due_extend"),
        path("reports/notices/", notice_pages.notices_page, name="notices"),
        path("timelines/late/", dated_pages.late_page, name="timelines_late"),
        path("timelines/ending/", dated_pages.ending_page, name="timelines_ending"),
        path("timelines/between/", dated_pages.between_page, name="timelines_between"),
        path("timelines/moved/", moved_page, name="timelines_moved"),
        path("timelines/moved/file/", moved_file_page, name="timelines_moved_file"),
        path("timelines/<slug:which>/file/", dated_file_page, name="timelines_file"),
        path("views/", saved_pages.views_page, name="views"),
        path("views/<uuid:id>/", saved_pages.view_page, name="view"),
        path("views/<uuid:id>/delete/", saved_pages.delete_page, name="view_delete"),
        *hook_pages.patterns,
        *calendar_pages.patterns,
        *report_urls.patterns,
        path("timelines/", gantt_pages.timelines_page, name="timelines"),
        path("<slug:plural>/", pages.list_page, name="list"),
        path("<slug:plural>/views/", saved_pages.save_page, name="view_save"),
        path("<slug:plural>/export/", export_pages.export_page, name="export"),
        path("<slug:plural>/export/xlsx/", export_pages.export_workbook, name="export_xlsx"),
        path("imports/<uuid:id>/", sheet_pages.import_page, name="sheet_import"),
        path("<slug:plural>/import/", sheet_pages.send_page, name="import"),
        path("<slug:plural>/bulk/", bulk_pages.bulk_page, name="bulk"),
        path("documents/new/", document_pages.add_page, name="documents_new"),
        path("documents/<str:key>/replace/", document_pages.replace_page, name="documents_replace"),
        path("documents/<str:key>/file/", document_pages.download, name="download"),
        path("<slug:plural>/new/", new_page, name="new"),
        path("<slug:plural>/<str:key>/edit/", edit_page, name="edit"),
        path("<slug:plural>/<str:key>/retire/", retire_page, name="retire"),
        path("<slug:plural>/<str:key>/merge/", merge_page, name="merge"),
        path("<slug:plural>/<str:key>/restore/", restore_page, name="restore"),
        path("<slug:plural>/<str:key>/", pages.record_page, name="record"),
        path("<slug:plural>/<str:key>/timeline/", gantt_pages.timeline_page, name="timeline_record"),
        path("<slug:plural>/<str:key>/history/", past_pages.history_page, name="history"),
        prefix_default_language=True,
    ),
]
