"""The front ends over the engine: a Textual explorer and click batch subcommands."""
