"""What the queue may ask of this room."""

from celery import shared_task

from personas import services


@shared_task(name="personas.sweep_pictures")
def sweep_pictures() -> None:
    services.pictures_sweep()


@shared_task(name="personas.draw")
def draw(drawing_id: str) -> None:
    services.drawing_carry_out(drawing_id)


@shared_task(name="personas.sweep_drawings")
def sweep_drawings() -> None:
    services.drawings_sweep()
