"""Calendars that subscribe to a timeline: iCalendar (RFC 5545) at a secret address, by the rights that its owner has then."""
