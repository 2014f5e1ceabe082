"""What every view is made of: form, table, status line, footer, text pages, overlays."""
