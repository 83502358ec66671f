from django.db import migrations

# The feed last said what an event has now, unless staff have moved it since: then what it had before they first did.
# What staff changed in the form of an event without listings has left no trace and counts as said by the feed.
SEED = """
INSERT INTO catalog_feedevent (
    id, created_at, updated_at, event_id, skybox_event_id, name, additional_info, stubhub_event_url, home_team_id,
    away_team_id, starts_at, time_tbd, date_tbd, venue_id
)
SELECT gen_random_uuid(), now(), now(), event.id, event.skybox_event_id, event.name, event.additional_info,
    event.stubhub_event_url, event.home_team_id, event.away_team_id,
    coalesce(moved.from_starts_at, event.starts_at), coalesce(moved.from_time_tbd, event.time_tbd),
    coalesce(moved.from_date_tbd, event.date_tbd), coalesce(moved.from_venue_id, event.venue_id)
FROM catalog_event AS event
LEFT JOIN LATERAL (
    SELECT change.* FROM catalog_eventchange AS change
    WHERE change.event_id = event.id AND change.source <> 'system'
        AND (change.from_starts_at, change.from_time_tbd, change.from_date_tbd, change.from_venue_id)
            <> (change.to_starts_at, change.to_time_tbd, change.to_date_tbd, change.to_venue_id)
        AND NOT EXISTS (
            SELECT 1 FROM catalog_eventchange AS later
            WHERE later.event_id = event.id AND later.source = 'system' AND later.id > change.id
                AND (later.from_starts_at, later.from_date_tbd) <> (later.to_starts_at, later.to_date_tbd)
        )
    ORDER BY change.id LIMIT 1
) AS moved ON true
WHERE event.skybox_event_id IS NOT NULL
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):

    dependencies = [("catalog", "0005_feed_memory")]

    operations = [migrations.RunSQL(SEED, "DELETE FROM catalog_feedevent")]
