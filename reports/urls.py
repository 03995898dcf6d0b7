"""The addresses of reports. They stand before those of lists."""

from django.urls import path

from .views import beginning, officer, partner, update

patterns = [
    path("updates/", beginning.updates_page, name="updates"),
    path("updates/begin/", beginning.begin_page, name="update_begin"),
    path("updates/<uuid:id>/", update.update_page, name="update"),
    path("updates/<uuid:id>/edit/", partner.edit_page, name="update_edit"),
    path("updates/<uuid:id>/attach/", partner.attach, name="update_attach"),
    path("updates/<uuid:id>/detach/", partner.detach, name="update_detach"),
    path("updates/<uuid:id>/files/<uuid:file>/", update.file, name="update_file"),
    path("updates/<uuid:id>/withdraw/", update.withdraw, name="update_withdraw"),
    path("updates/<uuid:id>/resume/", update.resume, name="update_resume"),
    path("updates/<uuid:id>/say/", update.say, name="update_say"),
    path("updates/<uuid:id>/watch/", update.watch, name="update_watch"),
    # of officers
    path("updates/queue/", officer.queue_page, name="queue"),
    path("updates/<uuid:id>/take/", officer.take_page, name="update_take"),
    path("updates/<uuid:id>/put-back/", officer.put_back_page, name="update_put_back"),
    path("updates/<uuid:id>/assign/", officer.assign_page, name="update_assign"),
    path("updates/<uuid:id>/decide/", officer.decide_page, name="update_decide"),
    path("updates/<uuid:id>/reopen/", officer.reopen_page, name="update_reopen"),
]
