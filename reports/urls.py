"""The addresses of updates, under /updates/."""

from django.urls import path

from .views import officer, update

urlpatterns = [
    path("<uuid:id>/", update.update_page, name="update"),
    path("<uuid:id>/watch/", update.watch_page, name="update_watch"),
    path("<uuid:id>/files/<uuid:file>/", update.file_page, name="update_file"),
    # officers
    path("queue/", officer.queue_page, name="queue"),
    path("<uuid:id>/take/", officer.take_page, name="update_take"),
    path("<uuid:id>/put-back/", officer.put_back_page, name="update_put_back"),
    path("<uuid:id>/assign/", officer.assign_page, name="update_assign"),
    path("<uuid:id>/decide/", officer.decide_page, name="update_decide"),
    path("<uuid:id>/reopen/", officer.reopen_page, name="update_reopen"),
]
