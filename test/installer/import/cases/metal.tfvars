// A file as the installer's GUI left it, with what people add.
tectonic_admin_email = "Anna@Example.com"
tectonic_admin_password = "hunter2"
tectonic_base_domain = "unused"
tectonic_ca_cert = <<-PEM
    -----BEGIN CERTIFICATE-----
    MIIB
    -----END CERTIFICATE-----
    PEM
tectonic_ca_key = "-----BEGIN RSA PRIVATE KEY-----\nMIIC\n-----END RSA PRIVATE KEY-----\n"
tectonic_ca_key_alg = "RSA"
tectonic_cl_channel = "stable"
tectonic_cluster_cidr = "10.2.0.0/16"
tectonic_cluster_name = "prod"
tectonic_container_images = {
  hyperkube = "quay.io/coreos/hyperkube:v1.8.9"
  "kube-dns" : "gcr.io/google_containers/kubedns:1.14.5", # trailing
}
tectonic_container_linux_version = "latest"
tectonic_etcd_servers = [""]
tectonic_license_path = "/home-of-anna/license.txt"
tectonic_master_count = 3
tectonic_metal_controller_domain = "api.prod.example.com"
tectonic_metal_controller_domains = ["node1.example.com", "node2.example.com", "node3.example.com",]
tectonic_metal_controller_macs = ["52:54:00:a1:9c:ae", "52-54-00-A1-9C-AF", "5254.00a1.9cb0"]
tectonic_metal_controller_names = ["node1", "node2", "node3"]
tectonic_metal_ingress_domain = "prod.example.com"
tectonic_metal_matchbox_ca = <<EOD
-----BEGIN CERTIFICATE-----
old
-----END CERTIFICATE-----
EOD
tectonic_metal_matchbox_http_url = "http://matchbox.example.com:8080"
/* one of these is
   elsewhere */
tectonic_metal_worker_domains = ["node4.example.com", "node5.other.example.com"]
tectonic_metal_worker_macs = ["52:54:00:b2:2f:86", "52:54:00:c3:61:77"]
tectonic_metal_worker_names = ["node4", "node5"]
tectonic_networking = "canal"
tectonic_pull_secret_path = "pull_secret.json"
tectonic_service_cidr = "10.3.0.0/16"
tectonic_ssh_authorized_key = "ssh-rsa AAAAB3Nza anna@laptop"
tectonic_stats_url = "https://stats-collector.tectonic.com"
tectonic_vanilla_k8s = false
tectonic_aws_region = "eu-central-1"
