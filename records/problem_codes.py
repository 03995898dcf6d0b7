"""What can be wrong, by codes that machines rely on: each stays what it is, whatever its sentence becomes.

A code has a page of its own, `/api/problems/<code>`: what it means, and what to do. New ones are added here, none is taken away.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Code:
    """What is wrong, in a few words, and what to do about it."""

    title: Promise
    advice: Promise


class Coded(str):
    """A sentence with its code. So the code goes wherever the sentence goes, through exceptions as well as faults."""

    code: str

    def __str__(self):
        return self  # as the message of an exception it stays what it is


def coded(code: str, sentence: str) -> Coded:
    text = Coded(sentence)
    text.code = code
    return text


def code_of(sentence: str) -> str:
    return getattr(sentence, "code", "invalid")


OF_ANSWERS = {  # what an answer as a whole is about: its `type`, `title` and `code`
    "invalid": Code(_("Invalid"), _("Read “detail”: it says what is allowed. Correct the request and send it again.")),
    "bad_question": Code(
        _("The question cannot be answered as asked"),
        _("“errors” names each parameter that is wrong. Correct the address; nothing was left out silently."),
    ),
    "refused": Code(
        _("The change was refused"),
        _("Nothing was done. “errors” names each place of the body that is wrong; correct all and send it again."),
    ),
    "malformed": Code(
        _("The body cannot be read"), _("Send the body as JSON in UTF-8, or as a form where a file is sent.")
    ),
    "not_signed_in": Code(
        _("Not signed in"), _("Send an access token: “Authorization: Bearer …”. “My account” makes them.")
    ),
    "bad_token": Code(
        _("The access token opens nothing"), _("It is unknown, revoked or has expired. Make a new one and send that.")
    ),
    "token_scope": Code(
        _("The access token may not do this"), _("Make a token with more access, if your account may do this.")
    ),
    "not_allowed": Code(_("Not allowed"), _("Your account may not do this. “detail” says who may; ask them.")),
    "csrf": Code(
        _("The request does not come from a page of ours"),
        _("Send an access token, or the header X-CSRFToken beside the cookie of your session."),
    ),
    "not_found": Code(
        _("There is no such record"), _("Look for it in the list. What you may not see is not there for you.")
    ),
    "no_such_address": Code(_("There is no such address"), _("/api/v1/ lists the addresses that there are.")),
    "method_not_allowed": Code(
        _("The address does not take this method"), _("“Allow” in the head of the answer names those that it takes.")
    ),
    "not_acceptable": Code(
        _("There is no answer in this form"), _("Ask for application/json; lists are also given as text/csv.")
    ),
    "key_at_work": Code(
        _("A request with this key is being carried out"), _("Ask again after the seconds that “Retry-After” says.")
    ),
    "gone": Code(_("The record is no longer there"), _("Its history is still there: “detail” has the address.")),
    "position_expired": Code(
        _("The position in the change feed is too old"),
        _("Take a fresh export, and follow from the position that it says in Change-Position."),
    ),
    "rights_changed": Code(
        _("You may see other records than before"),
        _("Take a fresh export, and follow from the position that it says in Change-Position."),
    ),
    "stale": Code(
        _("The record was changed meanwhile"),
        _("Read the record again, lay your change over it, and send it with the new version in If-Match."),
    ),
    "too_large": Code(_("The body is too large"), _("Send it in several requests, each with a key of its own.")),
    "unsupported_media_type": Code(
        _("The body is of a kind that is not read here"),
        _("Send application/json, or multipart/form-data where a file is sent."),
    ),
    "key_used": Code(
        _("The key was used for another request"), _("Use a new Idempotency-Key for each request of your own.")
    ),
    "key_missing": Code(
        _("An Idempotency-Key is missing"), _("Send one with each request: a text of your own, for example a UUID.")
    ),
    "bad_key": Code(_("The Idempotency-Key cannot be used"), _("A key is a text of 1 to 200 characters.")),
    "version_missing": Code(
        _("The version is missing"), _("Send in If-Match the ETag with which you read the record.")
    ),
    "too_many_requests": Code(
        _("Too many requests"), _("Wait for the seconds that “Retry-After” says. 304 answers cost least.")
    ),
    "too_costly": Code(
        _("The question costs too much"), _("Narrow it by a filter, or ask for an export, which is made as a job.")
    ),
    "internal": Code(
        _("We failed"), _("It is our fault. Ask again; if it stays so, tell us the “request_id”, by which we find it.")
    ),
    "busy": Code(_("Busy"), _("Ask again after the seconds that “Retry-After” says.")),
    "unavailable": Code(
        _("The registry cannot be reached"), _("Ask again after the seconds that “Retry-After” says. Nothing was done.")
    ),
}

OF_ERRORS = {  # what one of `errors` is about
    "unknown_parameter": Code(
        _("There is no such parameter"), _("Take the name that “detail” proposes, or see OPTIONS of the address.")
    ),
    "unknown_field": Code(
        _("There is no such field"), _("Take the name that “detail” proposes, or see the schema of the body.")
    ),
    "read_only": Code(_("The registry keeps this itself"), _("Leave it out: it cannot be written here.")),
    "not_allowed_here": Code(_("Not taken here"), _("It exists, but not here or not together with the rest. Leave it out.")),
    "not_a_choice": Code(_("Not one of the choices"), _("“detail” lists the values that are allowed.")),
    "not_a_value": Code(_("Not a value of this kind"), _("Send a value of the type that the schema names.")),
    "not_a_date": Code(_("Not a date"), _("Send EDTF (ISO 8601-2): 2024, 2024-07, 2024-07-28, 2024-07/2025-06.")),
    "not_an_instant": Code(_("Not an instant"), _("Send ISO 8601 with its offset: 2025-06-19T14:00+09:00.")),
    "not_an_id": Code(_("Not an id"), _("Send a UUID, or the slug where the record has one.")),
    "not_a_number": Code(_("Not a number"), _("Send a JSON number without units or separators.")),
    "not_an_amount": Code(
        _("Not an amount of this currency"),
        _("Send a number of the major unit with the currency’s decimals, or whole minor units with money=minor."),
    ),
    "not_a_boolean": Code(_("Not true or false"), _("Send true or false.")),
    "not_a_text": Code(_("Not a text"), _("Send a JSON text in quotes.")),
    "not_a_list": Code(_("Not a list"), _("Send a JSON list, of objects where there are rows.")),
    "not_an_object": Code(_("Not an object"), _("Send a JSON object: a name and its value, and so on.")),
    "not_a_version": Code(_("Not a version"), _("Send the version that you read: a whole number, in If-Match in quotes.")),
    "cannot_be_stored": Code(
        _("A character that cannot be stored"), _("Take out NUL characters and halves of surrogate pairs.")
    ),
    "required": Code(_("A value is missing"), _("Send a value: this must not be empty.")),
    "reason_required": Code(_("A reason is missing"), _("Say in “reason” why: this change is kept with its reason.")),
    "too_long": Code(_("Too long"), _("Send a shorter text; “detail” says how long it may be.")),
    "too_many": Code(_("Too many"), _("Send fewer at once; “detail” says how many it may be.")),
    "out_of_range": Code(_("Out of range"), _("Send a value within the range that “detail” says.")),
    "in_the_future": Code(_("In the future"), _("Ask for a moment that has passed.")),
    "wrong_order": Code(_("In the wrong order"), _("The end lies before its beginning: exchange them.")),
    "no_such_record": Code(
        _("No record to name"), _("Name a record that exists, is not retired and may be named here.")
    ),
    "unique": Code(_("Another record has this value"), _("Find the other record: it may be the one you mean.")),
    "twice": Code(_("Given twice"), _("Send it once.")),
    "conflict": Code(_("It does not fit with the rest"), _("“detail” says which values contradict each other.")),
    "retired": Code(_("The record is retired"), _("Restore it first.")),
    "merged": Code(_("The record was merged"), _("Undo the merge to have it back, or use the record that was kept.")),
    "only_added": Code(_("Kept as it is"), _("What is kept here is never changed, only added to. Add a correction.")),
    "state": Code(_("Not possible in its present state"), _("Read the record again: its state says what can be done.")),
    "circle": Code(_("It would lie below itself"), _("Name another one above it.")),
    "bad_file": Code(_("The file cannot be taken"), _("“detail” says which kinds and sizes of files are taken.")),
    "bad_position": Code(
        _("Not a position of the change feed"), _("Send “next” of the answer before, or since=start.")
    ),
    "bad_cursor": Code(
        _("The cursor belongs to another question"), _("Begin again without a cursor, and keep the question the same.")
    ),
}  # fmt: skip

CODES = OF_ANSWERS | OF_ERRORS
