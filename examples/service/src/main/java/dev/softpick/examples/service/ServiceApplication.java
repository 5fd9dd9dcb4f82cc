package dev.softpick.examples.service;

import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.annotation.EnableScheduling;

/** A Softpick model behind HTTP. */
@SpringBootApplication
@EnableScheduling
public class ServiceApplication {

    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(ServiceApplication.class);
        application.addInitializers(ServiceApplication::load);
        application.run(args);
    }

    /** Before anything else starts, so that a model that cannot be read costs a line and not a trace. */
    private static void load(ConfigurableApplicationContext context) {
        ServiceOptions options = Binder.get(context.getEnvironment()).bindOrCreate("softpick", ServiceOptions.class);
        try {
            SoftpickTransformer model = SoftpickTransformer.load(options.model());
            context.getBeanFactory().registerSingleton("serviceOptions", options);
            context.getBeanFactory().registerSingleton("model", model);
        } catch (NoSuchFileException e) {
            stop(options.model() + ": no such file");
        } catch (IOException | OutOfMemoryError e) {
            stop(e.getMessage());
        }
    }

    private static void stop(String why) {
        System.err.println("softpick.model: " + why);
        System.exit(1);
    }

    /** The service is ready when its runners have ended: the first caller finds warm kernels. */
    @Bean
    ApplicationRunner warmUp(SoftpickTransformer model) {
        return arguments -> model.warmUp();
    }
}
