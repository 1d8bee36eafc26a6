"""What plots show, told by their pixels."""

from PIL import Image

FLAG_RED = (214, 39, 40)
BAND_BLUE = (206, 225, 242)


def count_pixels(
    image: Image.Image, box: tuple[int, int, int, int], colour: tuple[int, int, int]
) -> int:
    """Count the pixels of the box that have about this colour."""
    pixels = image.crop(box).tobytes()
    triples = zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
    return sum(all(abs(a - b) < 15 for a, b in zip(t, colour, strict=True)) for t in triples)
