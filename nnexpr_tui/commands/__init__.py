"""The batch subcommands, one file each; a file is imported when its subcommand is run."""
