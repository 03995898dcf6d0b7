"""In which form an answer of the API comes: `format=` in the address, or the Accept header."""

import difflib

from django.utils.translation import gettext as _
from rest_framework.negotiation import DefaultContentNegotiation

from .asking import BadQuery, Problem, not_allowed


class Negotiation(DefaultContentNegotiation):
    """As DRF's; an unknown `format` is refused with those that there are, where DRF says that nothing is there."""

    def filter_renderers(self, renderers, format):
        found = [renderer for renderer in renderers if renderer.format == format]
        if found:
            return found
        allowed = dict.fromkeys(one.format for one in renderers)
        near = difflib.get_close_matches(format.lower(), allowed, n=1, cutoff=0.5)
        hint = " " + _("Did you mean “%s”?") % near[0] if near else ""
        raise BadQuery([Problem("format", not_allowed("format", format, allowed) + hint)])
