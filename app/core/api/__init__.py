"""What every part of the API is made of: errors, filters, fields, pages and view sets."""
