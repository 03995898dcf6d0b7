"""Who may do what with what an institution has here besides its record."""

from uuid import UUID

from records.rights import Reader


def can_keep_tokens(reader: Reader, institution: UUID) -> bool:
    """Its partners, those of an institution that it is a unit of, and officers. For all others its tokens do not exist."""
    return reader.is_officer or institution in reader.institutions
