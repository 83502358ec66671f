from django.db import migrations, models

from apps.season_tickets.rules.seat_keys import place_key

_FOLD = """
UPDATE listings_seasonticket AS block SET place_key = folded.key
FROM unnest(%s::text[], %s::text[], %s::text[]) AS folded(section, "row", key)
WHERE block.section = folded.section AND block."row" = folded."row"
"""
_FOLD_SEATS = """
UPDATE listings_seasonticketseat AS seat SET place_key = block.place_key, seat_key = seat.seat
FROM listings_seasonticket AS block WHERE block.id = seat.season_ticket_id AND seat.seat_key = ''
"""
_VERIFIED_TWINS = """
SELECT DISTINCT later.team_id, later.section, later."row", earlier.section, earlier."row"
FROM listings_seasonticketseat AS later JOIN listings_seasonticketseat AS earlier
    USING (team_id, season_id, place_key, seat_key)
WHERE earlier.season_ticket_id < later.season_ticket_id
"""


def fold(apps, schema_editor):
    """Store what each place reads like; name the twins that are verified already, so that staff find them."""
    DistinctPlace = apps.get_model("listings", "DistinctPlace")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute('SELECT DISTINCT section, "row" FROM listings_seasonticket')
        places = cursor.fetchall()
        keys = [place_key(*place) for place in places]
        cursor.execute(_FOLD, [[section for section, _ in places], [row for _, row in places], keys])
        cursor.execute(_FOLD_SEATS)
        cursor.execute(_VERIFIED_TWINS)
        named = [
            DistinctPlace(
                team_id=team, section=section, row=row, other_section=other_section, other_row=other_row,
                reason="Both were verified before look-alikes were compared. Please check.",
            )
            for team, section, row, other_section, other_row in cursor.fetchall()
        ]
    DistinctPlace.objects.bulk_create(named)


class Migration(migrations.Migration):

    dependencies = [("listings", "0004_twins_and_listed_seats")]

    operations = [
        migrations.RunPython(fold, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="seasonticketseat",
            constraint=models.UniqueConstraint(
                fields=["team", "season", "place_key", "seat_key"], name="seasonticketseat_read_once"
            ),
        ),
    ]
