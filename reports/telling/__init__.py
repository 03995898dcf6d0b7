"""Who is told what: reminders, notices of what commands do, and the one mail that gathers them."""
