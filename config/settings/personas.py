"""The demo's five people."""

PERSONAS = [
    {
        "username": "researcher",
        "first_name": "Rosa",
        "last_name": "Reyes",
        "email": "researcher@example.org",
        "title": "Researcher",
        "does": "imports images and curates archives",
    },
    {
        "username": "radiologist",
        "first_name": "Ravi",
        "last_name": "Rao",
        "email": "radiologist@example.org",
        "title": "Radiologist",
        "does": "reads cases in reader studies",
    },
    {
        "username": "author",
        "first_name": "Ada",
        "last_name": "Abel",
        "email": "author@example.org",
        "title": "Algorithm author",
        "does": "uploads containers and submits them to challenges",
    },
    {
        "username": "organizer",
        "first_name": "Otto",
        "last_name": "Olsen",
        "email": "organizer@example.org",
        "title": "Challenge organizer",
        "does": "runs challenges and their leaderboards",
    },
    {
        "username": "admin",
        "first_name": "Alex",
        "last_name": "Adler",
        "email": "admin@example.org",
        "title": "Administrator",
        "does": "looks after the site",
    },
]
