"""What the commands need besides the stages: options, their checks, how a script is started."""
