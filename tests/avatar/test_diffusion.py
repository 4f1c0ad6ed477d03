import numpy as np

from avatar import diffusion


def test_levels_fall_to_clean() -> None:
    levels = diffusion.levels(5)
    assert len(levels) == 6
    assert np.all(np.diff(levels) < 0)
    assert levels[-1] == 0


def test_signal_and_noise_keep_unit_variance_at_every_level() -> None:
    levels = np.linspace(0, 1, 11)
    assert np.allclose(diffusion.signal(levels) ** 2 + diffusion.noise(levels) ** 2, 1)


def test_a_denoiser_that_knows_the_answer_is_believed() -> None:
    answer = np.arange(12, dtype=np.float32).reshape(3, 4)
    noise = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    assert np.allclose(diffusion.sample(lambda x, level: answer, noise, 4), answer, atol=1e-5)


def test_samples_of_a_gaussian_have_its_mean_and_deviation() -> None:
    mean, deviation = 2.0, 0.5

    def denoise(x: np.ndarray, level: float) -> np.ndarray:
        """Give the mean of x0 given x for a Gaussian, in closed form."""
        a, s = diffusion.signal(level), diffusion.noise(level)
        gain = a * deviation**2 / (a**2 * deviation**2 + s**2)
        return (mean + gain * (x - a * mean)).astype(np.float32)

    noise = np.random.default_rng(1).standard_normal((20000, 1)).astype(np.float32)
    made = diffusion.sample(denoise, noise, 50)
    assert abs(made.mean() - mean) < 0.05
    assert abs(made.std() - deviation) < 0.05


def test_the_same_noise_gives_the_same_motion() -> None:
    noise = np.ones((2, 2), np.float32)
    first, second = (diffusion.sample(lambda x, level: 0.5 * x, noise, 5) for _ in range(2))
    assert np.array_equal(first, second)


def test_guidance_pushes_away_from_the_prediction_without_the_condition() -> None:
    with_sound, without = np.ones(3, np.float32), np.zeros(3, np.float32)
    assert np.allclose(diffusion.guided(with_sound, [(0.5, without)]), 1.5)
    assert np.allclose(diffusion.guided(with_sound, []), 1.0)
