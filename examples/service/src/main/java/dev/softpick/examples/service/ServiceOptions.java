package dev.softpick.examples.service;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The options {@code softpick.*}.
 *
 * @param model file to load
 * @param mostFrames of a request; memory and time of a call grow with them, and a frame may take few bytes
 * @param largestRequest its body
 * @param sessionExpiry how long a session waits for its next frames
 * @param mostSessions at a time; each keeps a window of keys and values
 */
record ServiceOptions(
        @DefaultValue("model.safetensors") Path model,
        @DefaultValue("4096") int mostFrames,
        @DefaultValue("1MB") DataSize largestRequest,
        @DefaultValue("10m") Duration sessionExpiry,
        @DefaultValue("1000") int mostSessions) {}
