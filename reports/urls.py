"""The addresses of reports. They stand before those of lists."""

from django.urls import path

from .views import officer, update

patterns = [
    path("updates/<uuid:id>/", update.update_page, name="update"),
    path("updates/<uuid:id>/files/<uuid:file>/", update.file, name="update_file"),
    path("updates/<uuid:id>/watch/", update.watch, name="update_watch"),
    # of officers
    path("updates/queue/", officer.queue_page, name="queue"),
    path("updates/<uuid:id>/take/", officer.take_page, name="update_take"),
    path("updates/<uuid:id>/put-back/", officer.put_back_page, name="update_put_back"),
    path("updates/<uuid:id>/assign/", officer.assign_page, name="update_assign"),
    path("updates/<uuid:id>/decide/", officer.decide_page, name="update_decide"),
    path("updates/<uuid:id>/reopen/", officer.reopen_page, name="update_reopen"),
]
