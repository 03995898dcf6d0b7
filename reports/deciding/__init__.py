"""What an officer decides on: the queue, each value beside what the registry holds now, and what accepting would do."""
