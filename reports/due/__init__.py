"""What is due from whom and when: the calendar that follows from obligations, and who has not reported."""
